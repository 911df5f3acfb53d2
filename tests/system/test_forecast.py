"""From a file at the gateway to the budget of a node that wakes: a forecast's whole way, without a broker between."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.config import Config
from gateway.push import foretelling
from gateway.push.forecast import date_of, read
from gateway.site import Site
from gateway.store.database import Store
from node.wire import codec
from node.wire.messages import Desired, Health
from tests.gateway.world import Delivery
from tests.system.sunny import DAY_S, ENERGY, NODE, Post

if TYPE_CHECKING:
    from pathlib import Path

    from node.transmit.inbox import Inbox
    from node.transmit.outbox import Outbox
    from tests.node.courier import Carrier

DARK_FROM_DAY = 3
DARK_DAYS = 5


class Told(Post):
    """A post whose gateway has wished for nothing yet."""

    def _carry(self, outbox: Outbox, inbox: Inbox) -> Carrier:
        carrier = super()._carry(outbox, inbox)
        carrier.wish = Desired(version=1)
        return carrier


def test_forecast_set_at_the_gateway_slows_a_node_down_before_the_dark_comes(tmp_path: Path) -> None:
    """The node tells of its sun, the gateway answers with the forecast, the inbox takes it, the budget obeys it."""
    post = Told(tmp_path, NODE + ENERGY + "panel_w = 0.1\n", lambda _: 300.0)
    site = Site(Config.model_validate({"site": {"name": "field"}}), Store(tmp_path / "gateway.db"))
    expected_mj: list[float] = []

    def foretell() -> None:
        """Set five dark days beside the running gateway, hand it the node's health, and its answer to the broker."""
        now_ms = post.clock.wall_ms()
        days = {str(date_of(now_ms + day * 86_400_000)): 0 for day in range(DARK_DAYS)}
        foretelling.keep(Store(tmp_path / "gateway.db"), read(json.dumps(days), now_ms), now_ms)
        health = next(each for each in reversed(post.carriers[0].said) if isinstance(each, Health))
        site.commit([Delivery("torpor/1/field/post/health", codec.encode(health))], now_ms)
        (told,) = (each for each in site.tick(now_ms) if each.topic == "torpor/1/field/post/desired")
        wish = codec.decode("desired", told.payload)
        assert isinstance(wish, Desired)
        assert told.retain
        post.carriers[0].wish = wish

    def look() -> None:
        assert post.app.economy.means
        expected_mj.append(post.app.economy.means.gauges()["sun_expected_mj"])

    post.clock.at(DARK_FROM_DAY * DAY_S, foretell)
    for day in (DARK_FROM_DAY, DARK_FROM_DAY + 2, DARK_FROM_DAY + DARK_DAYS + 1):
        post.clock.at(day * DAY_S - 60.0, look)
    post.live(DARK_FROM_DAY + DARK_DAYS + 1)
    before_mj, foretold_mj, after_mj = expected_mj
    assert before_mj > 100_000.0
    assert foretold_mj == 0.0
    assert after_mj > 100_000.0
