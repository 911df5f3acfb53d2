"""Chain: transforms, one after the other, in the order of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.options import Spec
    from node.preprocess import Transform
    from node.values import Features


class Chain:
    """A transform made of transforms; an empty one hands on what it is given."""

    def __init__(self, specs: Sequence[Spec]) -> None:
        """Construct the steps.

        Args:
            specs: parts of this room's TABLE with their options, first step first.
        """
        self._steps = [cast("Transform", spec.build()) for spec in specs]

    def apply(self, features: Features) -> Features:
        """Send the features through all steps; once no window is left, the steps that follow are spared."""
        for step in self._steps:
            if not len(features.data):
                break
            features = step.apply(features)
        return features
