"""From a TOML table to a part's params, with every problem at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from node.options import Reader, option


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A nested table."""

    depth: int = option("how deep, in cm", default=1, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """One option of each kind."""

    channel: str = option("the channel")
    delta: float = option("how far, in degrees", default=0.5, above=0.0)
    count: int = option("how many", default=3, least=1, most=9)
    mode: Literal["fast", "slow"] = option("how", default="slow")
    names: tuple[str, ...] = option("which", default=())
    box: tuple[int, int] | None = option("width and height in pixels", default=None)
    path: Path = option("a file", default=Path("x"))
    inner: Inner = option("more", default=Inner())
    on: bool = option("whether", default=False)


def read(**table: object) -> tuple[Params | None, list[str]]:
    """Read a table and return what came of it."""
    reader = Reader(Path("/etc/torpor"))
    params = reader.read(Params, table, "gate")
    return params, [str(problem) for problem in reader.problems]


def test_read_defaults_fill_what_is_not_given() -> None:
    """Only what has no default must be given."""
    assert read(channel="t") == (Params(channel="t"), [])


def test_read_valid_values_arrive_typed() -> None:
    """Whole numbers serve as numbers, lists as tuples, relative paths from the file's folder."""
    params, problems = read(channel="t", delta=2, names=["a", "b"], box=[3, 4], path="m.tflite", inner={"depth": 5})
    assert problems == []
    assert params == Params(
        channel="t", delta=2.0, names=("a", "b"), box=(3, 4), path=Path("/etc/torpor/m.tflite"), inner=Inner(depth=5)
    )


def test_read_every_problem_is_told_at_once() -> None:
    """A person who mends a file wants the whole list, not the first item."""
    params, problems = read(delta=0, count=10, mode="fastest", names="a", box=[1], on=1, dleta=3, inner={"depth": 0})
    assert params is None
    assert len(problems) == 9


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({}, "gate.channel: missing; the channel"),
        ({"channel": 3}, "gate.channel: expected text, got 3; the channel"),
        ({"channel": "t", "delta": float("nan")}, "gate.delta: nan is not a finite number; how far, in degrees"),
        ({"channel": "t", "delta": float("inf")}, "gate.delta: inf is not a finite number; how far, in degrees"),
        ({"channel": "t", "delta": 0}, "gate.delta: 0.0 must be more than 0; how far, in degrees"),
        ({"channel": "t", "count": 10}, "gate.count: 10 is above 9; how many"),
        ({"channel": "t", "count": True}, "gate.count: expected a whole number, got True; how many"),
        ({"channel": "t", "mode": "x"}, "gate.mode: 'x' is not one of 'fast', 'slow'"),
        ({"channel": "t", "inner": {"depth": 0}}, "gate.inner.depth: 0 is below 1; how deep, in cm"),
        ({"channel": "t", "inner": 7}, "gate.inner: expected a table, got 7"),
        ({"channel": "t", "names": ["a", 1]}, "gate.names[1]: expected text, got 1; which"),
        ({"channel": "t", "chanel": "t"}, "gate.chanel: no 'chanel'; did you mean 'channel'?"),
        (
            {"channel": "t", "zzz": 1},
            "gate.zzz: no 'zzz'; valid: box, channel, count, delta, inner, mode, names, on, path",
        ),
    ],
)
def test_read_problem_says_where_what_and_what_is_valid(table: dict[str, object], told: str) -> None:
    """A message names the path, the value and what would be right."""
    assert read(**table)[1] == [told]


def test_spec_unknown_part_offers_the_nearest() -> None:
    """A misspelt part is answered with the one that was meant."""
    reader = Reader(Path())
    assert (
        reader.spec({"send_on_delta": "node.gate.send_on_delta:SendOnDelta"}, {"part": "send_on_dleta"}, "gate") is None
    )
    assert str(reader.problems[0]) == "gate.part: no 'send_on_dleta'; did you mean 'send_on_delta'?"
