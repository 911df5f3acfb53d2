"""Branches: what the combinations share: every branch is asked about every sample, and told what came of it.

There is no short cut: a branch that is not asked would miss samples, and its mean, its side of a level or its last
report would be of another series than the node's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from node.gate import build
from node.values import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from node.gate import State
    from node.gate.missing import Guarded
    from node.options import Spec
    from node.values import Sample


class Branches:
    """The gates below a combination, guarded one by one; a `Combination` but for its way of deciding."""

    def __init__(self, specs: Sequence[Spec], decisive: Outcome) -> None:
        """Construct the branches.

        Args:
            specs: parts of this room's TABLE with their options.
            decisive: the outcome which, if one branch gives it, is that of all.
        """
        # No sentinels here: the guard around the combination has turned them into NaN already.
        self._branches = tuple(build(spec, {}) for spec in specs)
        self._order = (decisive, Outcome.MISSING)

    @property
    def branches(self) -> tuple[Guarded, ...]:
        """The gates, in the order of the configuration."""
        return self._branches

    @property
    def channels(self) -> tuple[str, ...]:
        """All that any branch looks at, each once."""
        return tuple(dict.fromkeys(channel for branch in self._branches for channel in branch.channels))

    def judge(self, sample: Sample) -> Verdict:
        """Ask every branch; the first decisive answer wins, then the first missing one, then the first of all."""
        verdicts = [branch.judge(sample) for branch in self._branches]
        verdict = next(
            (each for outcome in self._order for each in verdicts if each.outcome is outcome),
            Verdict(verdicts[0].outcome, "; ".join(each.reason for each in verdicts), verdicts[0].channel),
        )
        self.settle(sample, opened=verdict.opens)
        return verdict

    def settle(self, sample: Sample, *, opened: bool) -> None:
        """Tell every branch that wants to know whether the sample was reported."""
        for branch in self._branches:
            branch.settle(sample, opened=opened)

    def memory(self) -> State:
        """Return what the branches remember, each key behind its branch's number."""
        return {
            f"{i}.{key}": number for i, branch in enumerate(self._branches) for key, number in branch.memory().items()
        }

    def recall(self, state: Mapping[str, float]) -> None:
        """Give every branch its own back."""
        for i, branch in enumerate(self._branches):
            mine = f"{i}."
            branch.recall({key.removeprefix(mine): number for key, number in state.items() if key.startswith(mine)})
