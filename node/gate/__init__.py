"""Gate: one file per "worth waking for?" rule.

A gate is pure: it takes a sample and returns a verdict with a reason. It does no I/O, reads no clock (the sample
carries the time), logs nothing. It may remember what it saw; it hands that memory over and takes it back, so that it
survives a halt. NaN and sentinel values are MISSING before a gate sees them: the room judges that once, in
`missing.py`, for all. Others get gates from `build`, and only from there.

To add one: a file named for the rule with a `Params` and a class that is a `Gate`; a line in TABLE; a docs
row. `tests/conformance/gates.py` then holds it to the room's laws, with the options that it lists there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, cast, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from node.gate.missing import Guarded
    from node.options import Spec
    from node.values import Sample, Verdict

TABLE: Final = {
    "all_of": "node.gate.all_of:AllOf",
    "always": "node.gate.always:Always",
    "any_of": "node.gate.any_of:AnyOf",
    "level": "node.gate.level:Level",
    "novelty": "node.gate.novelty:Novelty",
    "page_hinkley": "node.gate.page_hinkley:PageHinkley",
    "schedule": "node.gate.schedule:Schedule",
    "send_on_delta": "node.gate.send_on_delta:SendOnDelta",
    "zscore": "node.gate.zscore:ZScore",
}

State = dict[str, float]
"""What a gate remembers: flat, numbers only, so that it fits in a few bytes on disk."""


class Gate(Protocol):
    """A rule. Constructed as `Class(params)`."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that it looks at; empty for a rule on time alone.

        All of them must be there for a verdict, except in a `Combination`.
        """
        ...

    def judge(self, sample: Sample) -> Verdict:
        """Say whether this sample is worth waking for, and remember what the rule needs of it."""
        ...

    def memory(self) -> State:
        """Return what must survive a halt."""
        ...

    def recall(self, state: Mapping[str, float]) -> None:
        """Take back what `memory` gave; an empty mapping is a fresh start."""
        ...


@runtime_checkable
class Combination(Gate, Protocol):
    """A rule over other rules: it guards its branches itself, so that one missing reading does not hide the rest."""

    @property
    def branches(self) -> tuple[Gate, ...]:
        """The guarded gates that it asks, every one for every sample."""
        ...


@runtime_checkable
class Settles(Protocol):
    """A gate whose rule is about what was reported, not only about what was seen.

    Alone, its own opening is the report. In a combination it is not: all-of may stay shut although it opened,
    any-of may open although it did not. The combination then tells it.
    """

    def settle(self, sample: Sample, *, opened: bool) -> None:
        """Learn whether the sample just judged was reported; replaces what `judge` assumed."""
        ...


def build(spec: Spec, sentinels: Mapping[str, tuple[float, ...]]) -> Guarded:
    """Construct the gate that a configuration names, guarded against readings that are none.

    Args:
        spec: a part of this room's TABLE with its options.
        sentinels: channel name to the numbers by which its sensor says "no reading".

    Returns:
        A gate that may be shown any sample.
    """
    from node.gate.missing import Guarded

    return Guarded(cast("Gate", spec.build()), sentinels)
