"""The arithmetic coder gives back its choices, at about their cost."""

from __future__ import annotations

from math import log2

from hypothesis import given, settings
from hypothesis import strategies as st

from node.wire.coding.range_coder import FULL, LEAST, TOP, Decoder, Encoder

_CHOICES = st.one_of(
    st.tuples(st.just(0), st.booleans(), st.integers(1, 65535)),
    st.integers(1, 2**60).flatmap(lambda count: st.tuples(st.just(1), st.integers(0, count - 1), st.just(count))),
)


@given(st.lists(_CHOICES, max_size=80))
@settings(deadline=None, max_examples=100)
def test_decoder_gives_back_what_the_encoder_chose(choices: list[tuple[int, int, int]]) -> None:
    """Bits of any chance and uniform choices of any count come back in order."""
    encoder = Encoder()
    for kind, value, weight in choices:
        if kind:
            encoder.uniform(value, weight)
        else:
            encoder.bit(bool(value), weight)
    decoder = Decoder(encoder.finish())
    for kind, value, weight in choices:
        assert (decoder.uniform(0, weight) if kind else decoder.bit(False, weight)) == value


def test_encoder_with_likely_choices_stays_near_their_entropy() -> None:
    """A thousand choices at 99 % take little more than their entropy."""
    encoder = Encoder()
    chance = 64881
    for i in range(1000):
        encoder.bit(i % 100 != 0, chance)
    entropy_bits = -990 * log2(chance / 65536) - 10 * log2(1 - chance / 65536)
    assert len(encoder.finish()) * 8 < entropy_bits + 16


def test_encoder_with_an_interval_astride_a_byte_goes_on() -> None:
    """An interval that narrows around a byte's boundary is cut to one side, and both peers cut alike."""
    encoder, boundary = Encoder(), 0x80 << TOP
    encoder._low, encoder._high = boundary - 5, boundary + 6
    encoder._shift()
    assert encoder._high - encoder._low >= LEAST
    assert (encoder._low, encoder._high) != (boundary - 5, boundary + 6)
    assert 0 <= encoder._low < encoder._high <= FULL


@given(st.binary(max_size=30), st.lists(st.integers(1, 2**40), min_size=1, max_size=40))
@settings(deadline=None, max_examples=60)
def test_decoder_on_any_bytes_answers_within_range(data: bytes, counts: list[int]) -> None:
    """Bytes that no encoder wrote still give choices within their counts."""
    decoder = Decoder(data)
    assert all(0 <= decoder.uniform(0, count) < count for count in counts)
