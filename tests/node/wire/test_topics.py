"""Topics: made and read by one rule, and nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire import topics
from node.wire.codec import CLASSES
from node.wire.errors import WireError
from node.wire.topics import DOWN, OUTPUT, UP, Topic

NAMES = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)


@given(NAMES, NAMES, st.sampled_from(sorted(UP | DOWN)))
@settings(deadline=None, max_examples=100)
def test_topic_any_valid_names_come_back(site: str, node: str, kind: str) -> None:
    """A topic that was made is read as what it was made of."""
    topic = Topic(site, node, kind)
    assert topics.parse(str(topic)) == topic
    assert topic.is_up is (kind in UP)


@given(st.text())
@settings(deadline=None, max_examples=300)
def test_parse_any_text_gives_itself_or_a_wire_error(text: str) -> None:
    """Only what `Topic` would have made is read."""
    try:
        read = str(topics.parse(text))
    except WireError:
        return
    assert read == text


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("", "bad-topic"),
        ("torpor", "bad-topic"),
        ("torpor/1", "bad-topic"),
        ("torpor/1/orchard/pump", "bad-topic"),
        ("torpor/1/orchard/pump/results/", "bad-topic"),
        ("torpor/1/orchard/pump/results/x", "bad-topic"),
        ("/torpor/1/orchard/pump/results", "bad-topic"),
        ("homie/5/orchard/pump/results", "bad-topic"),
        ("torpor/2/orchard/pump/results", "unknown-major"),
        ("torpor/10/orchard/pump/results", "unknown-major"),
        ("torpor/1/orchard/pump/secrets", "bad-topic"),
        ("torpor/1/orchard/pump/policy", "bad-topic"),
        ("torpor/1/orchard/_/results", "bad-name"),
        ("torpor/1/orchard//results", "bad-name"),
        ("torpor/1/orchard/+/results", "bad-name"),
        ("torpor/1/#/pump/results", "bad-name"),
        ("torpor/1/orchard/Pump/results", "bad-name"),
        ("torpor/1/orchard/pump\x00/results", "bad-name"),
        ("torpor/1/orchard/pump\n/results", "bad-name"),
        ("torpor/1/orchard/pump\ud800/results", "bad-name"),
        ("torpor/1/orchard/../results", "bad-name"),
        ("torpor/1/orchard/" + "n" * 33 + "/results", "bad-name"),
        ("torpor/1/orchard/" + "/" * 65000, "bad-topic"),
    ],
)
def test_parse_foreign_topic_is_refused_with_its_reason(topic: str, reason: str) -> None:
    """Each way of being wrong has its stable reason."""
    with pytest.raises(WireError) as caught:
        topics.parse(topic)
    assert caught.value.reason == reason


def test_topic_the_output_level_cannot_be_a_node() -> None:
    """No node can speak in the gateway's name."""
    with pytest.raises(WireError):
        Topic("orchard", OUTPUT, "results")


def test_kinds_every_message_of_a_topic_has_a_class() -> None:
    """What may be said is exactly what can be decoded; policies, aggregates and enrolment have no topic of a node."""
    assert CLASSES.keys() - {"policy", "aggregate", "enrol", "enrolled"} == UP | DOWN
    assert not UP & DOWN


def matches(pattern: str, topic: str) -> bool:
    """Say whether an MQTT subscription hears a topic (MQTT 5, section 4.7)."""
    wanted, given_ = pattern.split("/"), topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return True
        if place >= len(given_) or level not in {"+", given_[place]}:
            return False
    return len(wanted) == len(given_)


@pytest.mark.parametrize("kind", sorted(UP | DOWN))
def test_filters_each_side_hears_what_the_other_says(kind: str) -> None:
    """A gateway hears every kind a node says and no kind it says itself, and a node the other way round."""
    topic = str(Topic("any", "pump-3", kind))
    gateway = [matches(each, topic) for each in topics.gateway_filters("any")]
    node = [matches(each, topic) for each in topics.node_filters("any", "pump-3")]
    assert any(gateway) is (kind in UP)
    assert any(node) is (kind in DOWN)
    assert not any(matches(each, topic) for each in topics.node_filters("any", "pump-4"))
    assert not matches(topics.output_filter("any"), topic)


def test_output_is_heard_by_subscribers_only() -> None:
    """What the gateway publishes for people comes back to no gateway and no node."""
    topic = topics.output("orchard", "pump-3", "latest", "climate")
    assert topic == "torpor/1/orchard/_/pump-3/latest/climate"
    assert matches(topics.output_filter("orchard"), topic)
    assert not any(matches(each, topic) for each in topics.gateway_filters("orchard"))


@pytest.mark.parametrize("levels", [(), ("",), ("a/b",), ("+",), ("a", "#"), ("x" * 65,), ("é",), ("x" * 64,) * 4])
def test_output_impossible_levels_are_refused(levels: tuple[str, ...]) -> None:
    """A topic with a wildcard, a NUL or no end is never made."""
    with pytest.raises(WireError):
        topics.output("orchard", *levels)
