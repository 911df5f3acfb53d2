"""The bounds of the outbox: the options alone, which every start reads."""

from __future__ import annotations

from dataclasses import dataclass

from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[outbox]`: how much is kept, and how often it is made durable."""

    group_records: int = option(
        "records committed together, 64 KiB at most; a power cut loses all of them", default=60, least=1, most=4096
    )
    group_s: float = option("seconds that a record may wait for its group", default=30.0, least=0.0)
    batch_records: int = option("most records in one message", default=600, least=1, most=4096)
    capacity_bytes: int = option(
        "size of the file at which the lowest priority is thinned", default=64 << 20, least=1 << 17
    )
    keep_every: int = option("when thinning, one of how many records is kept", default=4, least=2, most=1000)
    memory_records: int = option("records that wait in memory while the disk refuses them", default=4096, least=1)
    strikes: int = option("sessions that may end badly for a message before it is set aside", default=5, least=1)
