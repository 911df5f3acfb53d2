"""A trial: what the preprocessing makes of a sample is shown to the model before the first window of the field is.

What does not fit is told at the desk, not from the mast. Only shapes are tried: all numbers are zeros, for a sensor may
be silent today, and what the model makes of them is nobody's business here.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Final, cast

from node.errors import TorporError
from node.values import Features, Sample, TimeQuality

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.config import Config
    from node.infer import Engine
    from node.values import Block

TRIED: Final = "tflite"
"""The engine that runs wherever its file is; others may want a device that the desk has not."""
MOST_SAMPLES: Final = 8192
"""A window that takes more of them to fill is not tried."""


def misfits(config: Config, blocks: Mapping[str, Block]) -> Iterator[tuple[str, str]]:
    """Yield what does not fit: the section, and why.

    Args:
        config: the node's.
        blocks: what its sensors give; without the one that `[start]` names nothing can be tried.
    """
    engines = {"infer": config.infer, "infer.lighter": config.lighter}
    models = {section: spec for section, spec in engines.items() if spec is not None and spec.name == TRIED}
    start = config.start
    if not models or (start and start.block and start.block not in blocks):
        return
    try:
        shown = _shown(config, blocks) if start else None
    except Exception as error:  # noqa: BLE001 - whatever a transform raises is what the operator wants to see
        yield "preprocess", f"{type(error).__name__}: {error}"
        return
    for section, spec in models.items():
        try:
            with closing(cast("Engine", spec.build())) as engine:
                engine.infer(_sample(config, blocks), shown)
        except TorporError as error:
            yield section, str(error)


def _sample(config: Config, blocks: Mapping[str, Block]) -> Sample:
    values = dict.fromkeys(config.start.channels if config.start else (), 0.0)
    return Sample(time_ms=0, time_quality=TimeQuality.UNSET, values=values, blocks=blocks)


def _shown(config: Config, blocks: Mapping[str, Block]) -> Features:
    """Return the first windows that the chain fills, all zeros."""
    import numpy as np

    from node.preprocess.chain import Chain
    from node.preprocess.start import Start

    assert config.start, "else there is no chain"
    chain, row = Chain(config.preprocess), Start(config.start).features(_sample(config, blocks))
    windows = chain.apply(row)
    for _ in range(MOST_SAMPLES):
        if len(windows.data):
            break
        windows = chain.apply(row)
    return Features(data=np.zeros_like(windows.data))
