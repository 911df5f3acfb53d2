"""Nothing lost, nothing twice: real processes, killed where it hurts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.broker import MOSQUITTO
from tools.chaos.journal import judge
from tools.chaos.site import Site

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed; run: apt-get install mosquitto")

HONEST: Final = ("attic", "cellar")
FORGETFUL: Final = "careless"
"""The control: it forgets on the broker's PUBACK, and so must lose what the broker loses."""
ALL: Final = (*HONEST, FORGETFUL)


def start_nodes(site: Site) -> None:
    """Start two nodes, and the control."""
    for name in HONEST:
        site.start_node(name, "-m", "tools.chaos.subject")
    site.start_node(FORGETFUL, "-m", "tools.chaos.forgetful")


def grows(site: Site, counter: str, by: int, names: tuple[str, ...] = ALL) -> None:
    """Wait until a counter of some nodes has grown."""
    before = {name: site.counter(name, counter) for name in names}
    site.until(lambda: all(site.counter(name, counter) >= before[name] + by for name in names), f"{counter} + {by}")


def boots(site: Site, name: str) -> int:
    """Return how many starts of a node have reached the store."""
    return len({boot_id for boot_id, _ in site.stored(name).rows})


def test_delivery_gateway_and_broker_killed_every_record_is_stored_once(tmp_path: Path) -> None:
    """Gateway, then broker, then a node die by kill -9: what was committed is stored once, but for the control's."""
    with Site(tmp_path) as site:
        site.start_gateway()
        start_nodes(site)
        site.until(lambda: all(len(site.stored(name).rows) > 60 for name in ALL), "the first records are stored")

        site.kill("gateway")
        grows(site, "frames_sent", 3)  # the broker acknowledges them and keeps them in memory
        site.broker.kill()
        grows(site, "link_failures", 2)
        site.kill(HONEST[0])  # its outbox holds what nobody has receipted, some of it framed

        site.broker.start()
        site.start_gateway()
        site.start_node(HONEST[0])
        grows(site, "records_receipted", 30, ALL[1:])
        site.until(lambda: boots(site, HONEST[0]) == 2, "the restarted node's own records are stored")

        assert site.end(*ALL) == dict.fromkeys(ALL, 0), [site.said(name) for name in ALL]
        for name in HONEST:
            disk, verdict = site.disk(name), judge(site.truth(name), site.stored(name))
            assert verdict.sound, verdict
            # A kill between a commit and its line in the journal leaves more on disk than the journal knows.
            assert verdict.committed <= disk.committed == len(site.stored(name).rows)
            assert (disk.waiting, disk.set_aside, disk.thinned) == (0, 0, 0)
        assert judge(site.truth(FORGETFUL), site.stored(FORGETFUL)).lost > 0, "the control lost nothing"
        assert site.end("gateway") == {"gateway": 0}, site.said("gateway")
