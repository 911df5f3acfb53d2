"""Broker and gateway of the demo, as real processes: up in order, down in order, and honest about a crash."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tools.showcase.site import Site, SiteError
from tools.showcase.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Iterator[Site]:
    """A site that is ended whatever the test did."""
    site = Site(tmp_path, threading.Event().wait)
    yield site
    site.kill()


def test_site_comes_up_on_the_configuration_of_init_and_goes_in_order(site: Site) -> None:
    """A real mosquitto runs on what `torpor-gateway init` wrote; the gateway says when it is there, and goodbye."""
    site.start_broker()
    witness = Witness("torpor/1/demo/_/#")
    witness.listen(site.port)
    try:
        site.start_gateway(lambda: witness.messages > 0)
        assert site.crashed() == []
        assert site.status()["records_stored"] == 0
        assert site.end_servers() == []
    finally:
        witness.close()


def test_site_whose_gateway_was_killed_says_so(site: Site) -> None:
    """A server that ends though nobody asked it to is reported by name, with its exit code."""
    site.start_broker()
    witness = Witness("torpor/1/demo/_/#")
    witness.listen(site.port)
    try:
        site.start_gateway(lambda: witness.messages > 0)
        gateway = site.servers[-1]
        os.kill(gateway.pid, signal.SIGKILL)
        gateway.wait(10.0)
        assert [line.partition("\n")[0] for line in site.crashed()] == ["gateway ended with code -9:"]
        assert len(site.end_servers()) == 1
    finally:
        witness.close()


def test_site_whose_node_cannot_start_says_why(site: Site, tmp_path: Path) -> None:
    """A node that gives up at once leaves its reason, and the end is not in order."""
    site.start_node("meter", tmp_path / "absent.toml")
    assert site.nodes[0].wait(30.0) == 2
    assert "absent.toml" in "".join(site.crashed())
    assert len(site.end_nodes()) == 1


def test_site_without_a_gateway_that_answers_gives_up_with_its_words(site: Site) -> None:
    """A gateway that dies while it comes up is not waited for."""
    site.start_broker()
    (site.folder / "gateway" / "gateway.toml").write_text("[mqtt]\nport = 'none'\n")
    with pytest.raises(SiteError, match=r"(?s)gateway ended with code 2.*mqtt\.port"):
        site.start_gateway(lambda: False)
