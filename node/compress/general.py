"""General: zstd over the raw layout, where values repeat in ways that no number model sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import ConfigError, Problem
from node.wire.coding import batch, general
from node.wire.coding.batch import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.wire.messages import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """General has no options."""


class General:
    """Needs the `zstandard` package on both sides: `pip install torpor[compress]`."""

    def __init__(self, params: Params) -> None:
        """Check that the library is there.

        Raises:
            ConfigError: it is not.
        """
        if not general.available():
            raise ConfigError([Problem("compress.part", "'general' needs zstandard; pip install torpor[compress]")])
        self._params = params

    def pack(self, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column]) -> bytes:
        """Pack a batch; see `Encoding`."""
        return batch.pack(seqs, times_ms, columns, layouts=(Layout.GENERAL,))
