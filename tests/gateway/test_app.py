"""The gateway put together, without a broker: a link that hears nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING

from gateway import condition
from gateway.app import App
from gateway.config import Config
from gateway.link import Link
from gateway.push.ends import DAY_MS
from tests.gateway.world import NOW_MS, refuse
from tools.models import keys
from tools.models.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from gateway.outgoing import Outgoing


class Silent(Link):
    """Connected to nobody: nothing ever comes, and what is published ends it when it is what was waited for."""

    heard: list[object]

    @property
    def up(self) -> bool:
        """Always."""
        return True

    async def stay(self) -> None:
        """Wait for the end."""
        self.heard = []
        await asyncio.Event().wait()

    def publish(self, outgoing: Iterable[Outgoing]) -> None:
        """Take in the gateway's status; end when one was bad and the newest is good."""
        told = [json.loads(each.payload)["reasons"] for each in outgoing if each.topic.endswith("/_/status")]
        self.heard += told
        if told and any(self.heard) and not told[-1]:
            os.kill(os.getpid(), signal.SIGTERM)

    async def leave(self, last: Outgoing, patience_s: float = 0.0) -> None:
        """Nobody is there."""


def test_app_whose_disk_refused_a_tick_tells_when_it_takes_again_though_no_message_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit of what the broker delivers would show it, but in a quiet site none is due for hours."""
    monkeypatch.setattr(condition, "EVERY_S", 0.0)
    app = App(Config.model_validate({"store": {"path": tmp_path / "gateway.db"}}), lambda: NOW_MS, link=Silent)
    app.opened.site.counters["late"] += 1  # so that the tick has something to write
    refuse(app.opened.site, "INSERT ON counter")
    asyncio.run(asyncio.wait_for(app.run(), 60))
    assert isinstance(app.link, Silent)
    assert app.condition.counters["refusals"] == 1
    assert [each for each in app.link.heard if each] == [{"store": f"{tmp_path}/gateway.db: no room"}]
    assert app.link.heard[-1] == {}


def test_app_tells_that_signatures_end_and_takes_it_back_when_they_are_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under the status, by the files that it serves: told at the first tick, and gone soon after `publish`."""
    monkeypatch.setattr(condition, "EVERY_S", 0.0)
    Repository(tmp_path / "models", NOW_MS - 31 * DAY_MS).init()

    class Renewing(Silent):
        """Publishes when it hears of an end."""

        def publish(self, outgoing: Iterable[Outgoing]) -> None:
            super().publish(outgoing)
            if any(self.heard) and self.heard[-1]:
                repository = Repository(tmp_path / "models", NOW_MS)
                repository.publish(keys.read(repository.key("online")))

    options = {"store": {"path": tmp_path / "gateway.db"}, "models": {"folder": tmp_path / "models"}}
    app = App(Config.model_validate(options), lambda: NOW_MS, link=Renewing)
    asyncio.run(asyncio.wait_for(app.run(), 60))
    assert isinstance(app.link, Renewing)
    (told,) = [each for each in app.link.heard if each]
    assert isinstance(told, dict)
    assert told["models"].startswith("nodes refuse every update: timestamp ended")
    assert app.link.heard[-1] == {}
