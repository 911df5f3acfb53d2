"""The ingest benchmark in its short form: every figure is there, and nothing is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mqtt5

from node.wire import codec
from node.wire.messages import Results
from tools.bench import flood, ingest

if TYPE_CHECKING:
    from pathlib import Path


def test_flood_packets_are_those_that_a_library_makes() -> None:
    """The bytes made by hand are a PUBLISH at QoS 1, long or short."""
    for payload in (b"x", bytes(200), bytes(20_000)):
        packet = flood.publish("torpor/1/bench/node-1/results", payload, 513)
        # MQTT 5 has one more byte than 3.1.1: the length of its properties, here 0.
        theirs = mqtt5.PublishPacket(
            "torpor/1/bench/node-1/results", payload[:-1], qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=513
        ).write()
        assert len(packet) == len(theirs)
        assert packet[: -len(payload)] == theirs[: -len(payload)]


def test_messages_are_real_results_of_fifty_nodes_without_a_gap() -> None:
    """What is measured is what nodes send."""
    stream = list(ingest.messages(200))
    decoded = [codec.decode("results", payload) for _, payload in stream]
    assert len({topic for topic, _ in stream}) == ingest.NODES
    assert all(isinstance(each, Results) and len(each.columns) == 7 for each in decoded)
    assert [each.seqs[0] for each in decoded if isinstance(each, Results)] == [at // 50 for at in range(200)]


def test_run_short_form_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Two thousand messages through all four consumers: the counts are exact, the rates positive."""
    result = ingest.run(["--count", "2000", "--rounds", "1"])
    assert (result["lost"], result["duplicates"], result["paho_lost"]) == (0, 0, 0)
    for name in ("msgs_per_s", "cpu_us_per_message", "ratio_to_mosquitto_sub", "ratio_to_paho", "ratio_to_blind_paho"):
        value = result[name]
        assert isinstance(value, int | float)
        assert value > 0
