"""Pcodec: quantile-binned numbers (Loncaric 2024), for gateways that have its library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import ConfigError, Problem
from node.wire.coding import batch, pcodec
from node.wire.coding.batch import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """Pcodec has no options."""


class Pcodec:
    """Needs the `pcodec` package on both sides: `pip install torpor[compress]`."""

    def __init__(self, params: Params) -> None:
        """Check that the library is there.

        Raises:
            ConfigError: it is not.
        """
        if not pcodec.available():
            raise ConfigError(
                [Problem("compress.part", "'pcodec' needs pcodec and numpy; pip install torpor[compress]")]
            )
        self._params = params

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        return batch.pack(seqs, times_ms, columns, layouts=(Layout.PCODEC,))
