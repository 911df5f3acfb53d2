"""What the irrigation station's seasons take for granted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import boards
from node.sleep.dvfs import Work as Period
from node.sleep.dvfs import choose
from tools.simulate import courier
from tools.simulate.assumed import Assumption
from tools.simulate.irrigation import settings
from tools.simulate.irrigation.season import BOARD, points

if TYPE_CHECKING:
    from boards.fittings import Radio
    from boards.schema import BoardData
    from tools.simulate.irrigation.outfit import Work
    from tools.simulate.irrigation.season import Season

BATTERY_WH: Final = 40.8
"""What carries 850 mW for two days."""
PICTURE_BYTES: Final = 8 * 8
CAMERA_BYTES: Final = 96 * 96


def assumptions(work: Work, before: Season, after: Season) -> list[Assumption]:
    """Return all but those of the models' latency.

    Args:
        work: what the board computes.
        before: the season that the way before made.
        after: the one that Torpor's way made.
    """
    board = boards.load_board(BOARD)
    pictures = _of_pictures(board, before)
    return [*of_board(board), *of_work(work), *_of_link(), *pictures, *_of_world(), _of_clocks(board, work, after)]


def one_core_mw() -> float:
    """Return what the idle board and one busy core at its highest clock draw together, by the same file."""
    return points(boards.load_board(BOARD))[-1].busy_mw


def of_board(board: BoardData) -> list[Assumption]:
    """Return what a board that can be switched off says of itself."""
    boot = board.boot
    assert boot, "a board that can be switched off says what a boot takes"
    states = [
        Assumption(f"the board, {each.name}", f"{each.power_mw:g} mW", each.quality, each.source)
        for each in board.states.values()
        if each.name in {"active", "idle", "light", "off"}
    ]
    ways = [
        Assumption(what, f"{cost.time_ms / 1e3:g} s, {cost.energy_mj:g} mJ", cost.quality, cost.source)
        for what, cost in (
            ("a boot", boot.start),
            ("a shutdown", boot.shutdown),
            ("joining the network", _radio(board).session),
        )
    ]
    traffic = _radio(board).traffic
    air = f"{traffic.packet_mj:g} mJ a packet, {traffic.sent_byte_mj:g} and {traffic.received_byte_mj:g} mJ a byte"
    return [*states, *ways, Assumption("the radio's traffic", air, traffic.quality, traffic.source)]


def _radio(board: BoardData) -> Radio:
    return board.fittings.radio[0]


def of_work(work: Work) -> list[Assumption]:
    """Return what the board computes and waits for."""
    scaled = "CPU time on one x86-64 core, times 15 for a Cortex-A53 at 1 GHz"
    return [
        Assumption("the node's start, to the gate's verdict", f"{work.start_s:g} s", "estimate", f"0.1 s of {scaled}"),
        Assumption(
            "loading numpy, the ML runtime and the model",
            f"{work.load_s:g} s",
            "estimate",
            f"0.1 s of {scaled}, and an SD card",
        ),
        Assumption("loading the link's parts", f"{work.link_s:g} s", "estimate", f"0.08 s of {scaled}"),
        Assumption(
            "a camera's first picture, and each further one",
            f"{work.look_s:g} and {work.frame_s:g} s",
            "estimate",
            "opening and exposing; ten frames a second",
        ),
        Assumption(
            "the camera and the sensors draw",
            "nothing of their own",
            "estimate",
            "left out, in favour of before: there the camera is never off",
        ),
    ]


def _of_link() -> list[Assumption]:
    return [
        Assumption(
            "to the gateway and back, its commit included",
            f"{courier.ROUND_S * 1e3:g} ms",
            "estimate",
            "a local network",
        ),
        Assumption(
            "a session's handshakes",
            f"{courier.SENT_BYTES_A_SESSION} bytes up, {courier.RECEIVED_BYTES_A_SESSION} down",
            "estimate",
            "TLS 1.3 with two certificates, CONNECT, SUBSCRIBE",
        ),
        Assumption(
            "around each message", f"{courier.BYTES_A_MESSAGE} bytes", "estimate", "topic, properties, MQTT and TLS"
        ),
    ]


def _of_pictures(board: BoardData, before: Season) -> list[Assumption]:
    looks_a_s = before.counters["cycles"] / before.span_s
    more_mw = looks_a_s * (CAMERA_BYTES - PICTURE_BYTES) * _radio(board).traffic.sent_byte_mj
    return [
        Assumption("the pictures", "360 held out, one a look", "measured", "UCI optical digits, tools/zoo"),
        Assumption(
            "before, the pictures that are sent",
            f"{PICTURE_BYTES} bytes each, {looks_a_s:.1f} a second",
            "measured",
            "as the digits are shipped, in favour of before: a camera's, of 96 x 96 bytes and uncompressed, would add "
            f"{more_mw:.0f} mW there by the radio's figures",
        ),
    ]


def _of_world() -> list[Assumption]:
    return [
        Assumption(
            "the weather, the valves and their events",
            "synthetic",
            "estimate",
            "boards/sim/weather.py; a function of time and seed",
        ),
        Assumption(
            "the motes' rows, taken every 5 s",
            f"one every {settings.FAST_S:g} s",
            "estimate",
            "so that a slow look sees one of four",
        ),
        Assumption(
            "the battery", f"{BATTERY_WH:g} Wh, all of it usable", "derived", "what carries 850 mW for two days"
        ),
    ]


def _of_clocks(board: BoardData, work: Work, after: Season) -> Assumption:
    """Ask the node's own chooser what a clock is worth between two boots."""
    clocks = points(board)
    period_s = after.span_s / after.counters["cycles"]
    busy_s = work.start_s + after.seconds["infer"] / after.counters["cycles"]
    held = Period(busy_s=busy_s, khz=clocks[-1].khz, period_s=period_s, rest_mw=board.states["off"].power_mw)
    reason = choose("auto", held, clocks).reason
    return Assumption(
        "the clocks",
        "1 GHz under load, set or not",
        "derived",
        f"its governor takes the highest at once, and so does the node: {reason}",
    )
