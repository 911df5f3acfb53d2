"""Bytes a reading on recorded series: Torpor against JSON, SenML, Sparkplug B, packed float32 and pcodec.

    python -m tools.bench wire [--json] [--data DIR] [--most N] [--series WORD] [--jobs N]

Every series is cut into batches of 60 and of 600 rows, each self-contained and each with its times; Torpor's bytes
are the whole payload (boot id, seqs, names), the others' only what they need. Every batch of Torpor's is decoded
again and compared, value by value and time by time. `--most` batches of a series and size are taken, spread evenly
(default 12, 0 for all).

A row of the summary is one series at one batch size, and each ratio is Torpor's bytes over the best rival's on that
row. The summary is strict: packed float32 does not return the decimals of a float64 source, and is ranked all the
same; the figures `..._lossless` leave it out where it loses something. Sound
(tflm_examples/*.wav) is left out: sixteen of its samples share a millisecond, so that it is a window for a `raw`
message, not a column of readings; `--series audio` measures it.
"""

from __future__ import annotations

import argparse
import struct
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, cast

from node.compress import TABLE
from node.compress.auto import Params
from node.compress.framer import Framer
from node.options import Spec
from node.values import TimeQuality
from node.wire import codec
from tools.bench import peers_binary, peers_text, series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from node.values import Value
    from node.wire.messages import Column, Results
    from tools.bench.series import Series

    Rival = Callable[[Sequence[int], Sequence[Column]], bytes]

ROWS: Final = (60, 600)
BOOT_ID: Final = bytes(6)
FORMATS: Final[Mapping[str, Rival]] = {
    "json": peers_text.json_rows,
    "json_zlib": peers_text.json_zlib,
    "senml": peers_text.senml,
    "senml_zstd": peers_text.senml_zstd,
    "sparkplug": peers_binary.sparkplug,
    "sparkplug_deflate": peers_binary.sparkplug_deflate,
}
RIVALS: Final[Mapping[str, Rival]] = {
    **FORMATS,
    "float32": peers_binary.float32,
    "float32_zstd": peers_binary.float32_zstd,
    "pcodec": peers_binary.pcodec,
}
PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One series at one batch size.

    Attributes:
        series: its name.
        rows: of a batch.
        batches: how many were measured.
        readings: how many values those hold.
        bytes_per_reading: by format, `torpor` among them; times, names and identities included.
        ratio_to_any: Torpor's bytes over the best rival's, lossy ones among them.
        ratio_to_formats: over the best of JSON, SenML and Sparkplug, compressed or not.
        best_rival: which that best rival is.
        float32_exact: whether packed float32 gives every value back.
        encode_ms: processor time to encode one batch.
        decode_ms: and to decode it.
    """

    series: str
    rows: int
    batches: int
    readings: int
    bytes_per_reading: Mapping[str, float]
    ratio_to_any: float
    ratio_to_formats: float
    best_rival: str
    float32_exact: bool
    encode_ms: float
    decode_ms: float


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure every series; the result holds a table per series and the summary."""
    asked = _asked(argv)
    if not asked.data.is_dir():
        raise SystemExit(f"no folder {asked.data}; name the one of the recordings with --data")
    jobs = [
        (each, rows, asked.most)
        for each in _chosen(asked.data, asked.series)
        for rows in ROWS
        if len(each.times_ms) >= rows
    ]
    if not jobs:
        raise SystemExit(f"no series of 60 rows named {asked.series!r} in {asked.data}")
    with ProcessPoolExecutor(asked.jobs) as pool:
        lines = list(_watched(pool.map(_measure, jobs), len(jobs)))
    return {"table": [asdict(line) for line in lines], **summary(lines)}


def summary(lines: Sequence[Line]) -> dict[str, object]:
    """Return the figures that stand for all lines; `series` counts lines, one a series and batch size."""
    large = [line for line in lines if line.rows == ROWS[-1]]
    return {
        "series": len(lines),
        "smallest_on": sum(line.ratio_to_any < 1.0 for line in lines),
        "worst_ratio_to_any": round(max(line.ratio_to_any for line in lines), 4),
        "not_smallest": [f"{line.series}@{line.rows}: {line.best_rival}" for line in lines if line.ratio_to_any >= 1.0],
        "smallest_on_lossless": sum(_exact_ratio(line) < 1.0 for line in lines),
        "worst_ratio_lossless": round(max(_exact_ratio(line) for line in lines), 4),
        "median_ratio_to_formats": round(median(line.ratio_to_formats for line in lines), 4),
        "worst_ratio_to_formats": round(max(line.ratio_to_formats for line in lines), 4),
        "recordings": len({line.series for line in lines}),
        "round_trips": sum(line.batches for line in lines),
        "encode_ms_per_600": round(median(line.encode_ms for line in large), 2) if large else None,
        "decode_ms_per_600": round(median(line.decode_ms for line in large), 2) if large else None,
    }


def show(result: Mapping[str, object]) -> None:
    """Print a line per series and size, then the summary."""
    names = ["torpor", *RIVALS]
    lines = cast("list[dict[str, object]]", result["table"])
    print(f"{'bytes a reading':44}{'rows':>5}" + "".join(f"{name[:9]:>10}" for name in names) + "   any  formats")
    for line in lines:
        sizes = cast("Mapping[str, float]", line["bytes_per_reading"])
        print(
            f"{line['series']!s:44}{line['rows']:>5}"
            + "".join(f"{sizes[name]:>10.3f}" for name in names)
            + f" {line['ratio_to_any']:>5.2f} {line['ratio_to_formats']:>8.2f}"
        )
    print()
    for name, value in result.items():
        if name != "table":
            print(f"{name:28}{value}")


def _asked(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench wire", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=series.DATA, help="folder of recordings")
    parser.add_argument("--most", type=int, default=12, help="batches a series and size, spread evenly; 0 for all")
    parser.add_argument("--series", default="", help="only those whose name holds this word")
    parser.add_argument("--jobs", type=int, default=None, help="processes")
    return parser.parse_args(argv)


def _chosen(data: Path, word: str) -> list[Series]:
    return [each for each in series.every(data) if word in each.name and (word or not each.name.startswith("audio/"))]


def _watched(lines: Iterator[Line], count: int) -> Iterator[Line]:
    """Tell on stderr how far it is, every few seconds."""
    told_s = time.monotonic()
    for done, line in enumerate(lines, 1):
        if time.monotonic() - told_s > PAUSE_S:
            told_s = time.monotonic()
            print(f"{done} of {count}: {line.series}", file=sys.stderr, flush=True)
        yield line


def _measure(job: tuple[Series, int, int]) -> Line:
    each, rows, most = job
    batches = _spread(list(each.batches(rows)), most)
    framer = Framer(Spec("auto", TABLE["auto"], Params()), {column.name: column.width for column in each.columns})
    sizes = dict.fromkeys(["torpor", *RIVALS], 0)
    spent = [0.0, 0.0]
    exact = True
    for seqs, times_ms, columns in batches:
        sizes["torpor"] += _torpor(framer, seqs, times_ms, columns, spent)
        exact = exact and all(_survives(column) for column in columns)
        for name, rival in RIVALS.items():
            sizes[name] += len(rival(times_ms, columns))
    readings = len(batches) * rows * len(each.columns)
    best = min(RIVALS, key=lambda name: sizes[name])
    return Line(
        series=each.name,
        rows=rows,
        batches=len(batches),
        readings=readings,
        bytes_per_reading={name: round(size / readings, 4) for name, size in sizes.items()},
        ratio_to_any=round(sizes["torpor"] / sizes[best], 4),
        ratio_to_formats=round(sizes["torpor"] / min(sizes[name] for name in FORMATS), 4),
        best_rival=best,
        float32_exact=exact,
        encode_ms=round(1000 * spent[0] / len(batches), 2),
        decode_ms=round(1000 * spent[1] / len(batches), 2),
    )


def _spread(
    batches: list[tuple[Sequence[int], Sequence[int], list[Column]]], most: int
) -> list[tuple[Sequence[int], Sequence[int], list[Column]]]:
    if not most or len(batches) <= most:
        return batches
    return [batches[i * len(batches) // most] for i in range(most)]


def _torpor(
    framer: Framer, seqs: Sequence[int], times_ms: Sequence[int], columns: Sequence[Column], spent: list[float]
) -> int:
    """Encode and decode one batch, add the time spent, and return its bytes.

    Raises:
        AssertionError: it did not come back as it was.
    """
    names = [column.name for column in columns]
    values = zip(*(column.values for column in columns), strict=True)
    rows = [
        (seq, time_ms, cast("dict[str, Value]", dict(zip(names, row, strict=True))))
        for seq, time_ms, row in zip(seqs, times_ms, values, strict=True)
    ]
    start_s = time.process_time()
    payload = framer.frame(stream="air", model="", boot_id=BOOT_ID, quality=TimeQuality.SYNCED, rows=rows)
    if payload is None:
        raise AssertionError(f"{len(rows)} rows of {names} do not fit into one payload")
    middle_s = time.process_time()
    message = cast("Results", codec.decode("results", payload))
    spent[0] += middle_s - start_s
    spent[1] += time.process_time() - middle_s
    back = [list(column.values) for column in message.columns]
    if (list(message.seqs), list(message.times_ms), back) != (
        list(seqs),
        list(times_ms),
        [list(column.values) for column in columns],
    ):
        raise AssertionError(f"{names} did not come back as they were")
    return len(payload)


def _survives(column: Column) -> bool:
    numbers = [float(cast("float", value)) for value in column.values]
    return list(struct.unpack(f"<{len(numbers)}f", struct.pack(f"<{len(numbers)}f", *numbers))) == numbers


def _exact_ratio(line: Line) -> float:
    """Return Torpor's share of the best rival that loses nothing either."""
    sizes = line.bytes_per_reading
    rivals = [name for name in RIVALS if line.float32_exact or not name.startswith("float32")]
    return sizes["torpor"] / min(sizes[name] for name in rivals)
