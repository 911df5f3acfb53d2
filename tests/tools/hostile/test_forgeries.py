"""The forgeries are what they say they are, and the plain decoders do fall to the bombs."""

from __future__ import annotations

import pytest

from node.wire import codec, topics
from node.wire.errors import REASONS, WireError
from node.wire.messages import Results
from tools.hostile import control, forgeries, storms

NOW_MS = 1_790_000_000_000


def reason(topic: str, payload: bytes) -> str:
    """Return why a message is refused; empty where it is not."""
    try:
        message = codec.decode(topics.parse(topic).kind, payload)
    except WireError as error:
        return error.reason
    return "bad-body" if isinstance(message, Results) and not message.columns else ""


def test_forgeries_are_many_named_once_and_each_refused_for_its_reason() -> None:
    """Over three hundred, of every kind of message; none of them is refused for something else than it was made for."""
    cases = [
        *forgeries.to_gateway("site", "evil", NOW_MS),
        *forgeries.to_node("site", "node", NOW_MS),
    ]
    assert len({each.name for each in cases}) == len(cases) > 300
    wrong = {each.name: reason(each.topic, each.payload) for each in cases}
    assert {each.name: wrong[each.name] for each in cases if wrong[each.name] not in each.reasons} == {}
    assert frozenset().union(*(each.reasons for each in cases)) <= REASONS.keys()


def test_honest_messages_that_are_forged_from_are_honest() -> None:
    """Control: before they were forged, all of them were taken."""
    for kind, message in forgeries.honest(NOW_MS).items():
        assert reason(f"torpor/1/site/n/{kind}", codec.encode(message)) == ""


def test_storms_keep_the_contract_but_for_garbage_and_names() -> None:
    """What a storm is made of has no wrong byte: it is the amount, or what it claims."""
    exceptions = {"64 KiB of garbage, again and again": {"bad-type"}, "bad names, again and again": {"bad-name"}}
    for name, messages in storms.storms("site", NOW_MS, 0.01).items():
        assert {reason(topic, payload) for topic, payload in messages} == exceptions.get(name, {""})


@pytest.mark.parametrize("name", ["zstd of 256 MB in 8 KiB, decompress"])
def test_control_plain_decoder_exceeds_the_limits(name: str) -> None:
    """Negative control: a plain decoder takes more than fifty megabytes, or a second, for a bomb that ours refuses."""
    assert control.exceeding(name)
