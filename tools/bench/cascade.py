"""A cascade on the digits: accuracy and bytes per inference of a node, of its gateway, and of both at some budgets.

    python -m tools.bench cascade [--json] [--orders N] [--looks N] [--plot FILE]

The real node (application, model, budgets, outbox, wire) looks at the held-out pictures on the virtual clock, and what
it sends is handed to the real gateway (ingest, store, escalation, answers), whose rows are judged. Two nodes are tried:
`digits_int8`, which ships with the demo and is nearly as right as the gateway's `digits_standard_float`, and
`digits_small_int8`, half of it, which is not. None of the three has learned from the pictures that are judged.

For each budget, a share of the windows that may be asked about, the threshold is the confidence below which that share
of the *calibration* pictures lies, by which the small model's temperature was fitted as well. Nothing is chosen by the
pictures that are judged: the figures stand for the budget of LIMIT. The node's own bucket and bar hold the share.

The pictures are judged as they are, in N orders, because a budget meets them as they come: one picture is 0.28 points.
And they are judged as a camera that shakes sees them, N times each (moved by up to a pixel, faded, grained, as the
training did it): that is harder, and one look is 0.06 points.

accuracy_gap_points    gateway only less the cascade of `digits_int8`, at LIMIT, on the pictures as they are
escalated_share        of its windows, there
*_small, *_shaken      the same with the small node, and with the shaking camera
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from gateway.escalate.engine import opened
from gateway.store import queries
from gateway.store import raw_windows as stored
from tools.bench.cascade_data import ZOO, Pictures, calibration, held_out
from tools.bench.cascade_life import LARGE, lived
from tools.calibrate import fit
from tools.train.judge import answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tools.bench.cascade_life import Life

SMALL: Final = "digits_small_int8"
SHIPPED: Final = "digits_int8"
NODES: Final = {"": SHIPPED, "_small": SMALL}
BUDGETS: Final = (0.01, 0.02, 0.05, 0.1, 0.2)
LIMIT: Final = 0.1
ORDERS: Final = 5
LOOKS: Final = 5
TITLES: Final = {
    "": f"{SHIPPED}, pictures as they are",
    "_small": f"{SMALL}, pictures as they are",
    "_shaken": f"{SHIPPED}, shaken",
    "_small_shaken": f"{SMALL}, shaken",
}
HELD_OUT: Final = 360

MODEL: Final = 'part = "tflite"\nmodel = "{zoo}/{name}.tflite"'
CASCADE: Final = "[cascade]\nthreshold = {threshold}\nshare = {share}\ndaily = 10000\ndaily_bytes = 100000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One way to answer, on one set of pictures.

    Attributes:
        way: in words.
        budget: the share that may be asked about; None where nothing is decided.
        threshold: of confidence; alike.
        windows: that were judged.
        mistakes: of these.
        accuracy_percent: the others' share.
        escalated_share: of the windows.
        up_bytes: sent by the node for an inference, as payload: results and windows.
        down_bytes: sent to it for an inference: answers.
    """

    way: str
    budget: float | None = None
    threshold: float | None = None
    windows: int
    mistakes: int
    accuracy_percent: float
    escalated_share: float
    up_bytes: float
    down_bytes: float = 0.0


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Judge every way on both sets of pictures.

    Args:
        argv: `--orders`, `--looks`, `--plot`.
    """
    parser = argparse.ArgumentParser(prog="cascade")
    parser.add_argument("--orders", type=int, default=ORDERS, help="in which the pictures as they are come")
    parser.add_argument("--looks", type=int, default=LOOKS, help="how often the shaking camera looks at each; 0: never")
    parser.add_argument("--plot", type=Path, help="draw into this PNG file")
    asked = parser.parse_args(argv)
    sets = {"": _shuffled(held_out(), asked.orders)}
    if asked.looks:
        sets["_shaken"] = [shaken(held_out(), asked.looks)]
    tables = {
        model + pictures: _table(name, orders) for pictures, orders in sets.items() for model, name in NODES.items()
    }
    if asked.plot:
        from tools.bench.cascade_plot import draw  # matplotlib takes a second, and only a plot needs it

        draw(tables, asked.plot)
    before, after = confidence_quality()
    at_limit = {f"{key}{suffix}": value for suffix, lines in tables.items() for key, value in _at_limit(lines).items()}
    return {
        **at_limit,
        "limit": LIMIT,
        "ece_small_uncalibrated": round(before.ece, 4),
        "ece_small": round(after.ece, 4),
        "tables": {name: [asdict(line) for line in lines] for name, lines in tables.items()},
    }


def _at_limit(lines: Sequence[Line]) -> dict[str, float]:
    gateway = next(line for line in lines if line.way.startswith("gateway"))
    at = next(line for line in lines if line.budget == LIMIT)
    gap = gateway.accuracy_percent - at.accuracy_percent
    return {"accuracy_gap_points": round(gap, 2), "escalated_share": at.escalated_share}


def _table(name: str, orders: Sequence[Pictures]) -> list[Line]:
    """Judge every way with one node."""
    lines = [_alone(name, orders[0]), _gateway_only(orders[0])]
    for share, threshold, _ in thresholds(name):
        print(f"\r{name}: {len(orders)} x {len(orders[0].labels)} pictures at {share:.0%}   ", end="", file=sys.stderr)
        lines.append(_mean([_cascade(name, pictures, share, threshold) for pictures in orders]))
    print(file=sys.stderr)
    return lines


def _mean(lines: Sequence[Line]) -> Line:
    """Return one line for several orders: mean accuracy, share and bytes, and all mistakes."""

    def mean(name: str, digits: int) -> float:
        return round(sum(float(getattr(line, name)) for line in lines) / len(lines), digits)

    return replace(
        lines[0],
        windows=sum(line.windows for line in lines),
        mistakes=sum(line.mistakes for line in lines),
        accuracy_percent=mean("accuracy_percent", 2),
        escalated_share=mean("escalated_share", 4),
        up_bytes=mean("up_bytes", 1),
        down_bytes=mean("down_bytes", 1),
    )


def _shuffled(pictures: Pictures, orders: int) -> list[Pictures]:
    """Return the same pictures in some orders, drawn from a seed."""
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(len(pictures.labels)) for _ in range(max(orders, 1))]
    return [Pictures(windows=pictures.windows[each], labels=[pictures.labels[at] for at in each]) for each in drawn]


def thresholds(name: str) -> list[tuple[float, float, float]]:
    """Return for each budget the threshold that leaves so many of the calibration pictures unsure, by a model."""
    pictures = calibration()
    said = answers(ZOO / f"{name}.tflite", pictures.windows)
    sure = np.array([each.confidence for each in said], np.float32)
    right = np.array([each.values["label"] == truth for each, truth in zip(said, pictures.labels, strict=True)])
    return fit.thresholds(sure, right, BUDGETS)


def confidence_quality() -> tuple[fit.Quality, fit.Quality]:
    """Judge the small model's confidence on the held-out pictures: as it was trained, and at its card's temperature."""
    from node.infer.card import card_of
    from node.infer.model import Model

    pictures, path = held_out(), ZOO / f"{SMALL}.tflite"
    card = card_of(path)
    assert card, "it ships with one"
    logits = Model(path, 1, 64, 0, stateful=False).run(pictures.windows)
    truths = np.array([int(each) for each in pictures.labels], np.int64)
    at = float(getattr(card.head.params, "temperature", 1.0))
    return fit.quality(logits, truths), fit.quality(logits, truths, at)


def shaken(pictures: Pictures, looks: int) -> Pictures:
    """Return each picture as a camera that shakes sees it, so many times, in whole greys.

    Args:
        pictures: as they are.
        looks: of each.
    """
    from tools.train.digits import SEED, varied

    rng = np.random.default_rng(SEED)
    seen = np.concatenate([varied(pictures.windows, rng) for _ in range(looks)])
    return Pictures(windows=np.rint(seen).astype(np.float32), labels=pictures.labels * looks)


def _alone(name: str, pictures: Pictures) -> Line:
    """Let a node answer by itself."""
    with lived(pictures, infer=MODEL.format(zoo=ZOO, name=name)) as life:
        return _line(f"node only, {name}", life, pictures)


def _cascade(name: str, pictures: Pictures, share: float, threshold: float) -> Line:
    """Let a node answer, and ask about what it is unsure of, inside its budget."""
    table = CASCADE.format(threshold=threshold, share=share)
    with lived(pictures, infer=MODEL.format(zoo=ZOO, name=name), cascade=table) as life:
        return replace(_line(f"cascade, {share:.0%}", life, pictures), budget=share, threshold=round(threshold, 4))


def _gateway_only(pictures: Pictures) -> Line:
    """Let a node send every picture as its sensor gave it, and the gateway's model answer for what arrived."""
    with lived(pictures, record='raw = "always"', infer='part = "readings"') as life:
        found = list(stored.newest(life.store.database, most=len(pictures.labels)))[::-1]
        windows = np.stack([np.frombuffer(each.raw.unpacked(), np.uint8).reshape(8, 8, 1) for each in found])
        said = opened(ZOO / f"{LARGE}.tflite", 1).answer(windows.astype(np.float32))
        return _judged(f"gateway only, {LARGE}", [each.label for each in said], len(said), life, pictures)


def _line(way: str, life: Life, pictures: Pictures) -> Line:
    """Judge the rows that a gateway has in the end, in the order of the pictures."""
    rows = list(queries.results(life.store.database, "1 ORDER BY record.seq", ()))
    labels = [str(dict(zip(row.columns, row.values, strict=True))["label"]) for row in rows]
    return _judged(way, labels, sum(row.answered_by != "node" for row in rows), life, pictures)


def _judged(way: str, labels: Sequence[str], asked: int, life: Life, pictures: Pictures) -> Line:
    count = len(pictures.labels)
    wrong = sum(label != truth for label, truth in zip(labels, pictures.labels, strict=True))
    # Health and presence are the same for all ways, and left out.
    up_bytes = sum(len(each.payload) for each in life.mail if each.kind in {"results", "raw"})
    return Line(
        way=way,
        windows=count,
        mistakes=wrong,
        accuracy_percent=round(100 * (1 - wrong / count), 2),
        escalated_share=round(asked / count, 4),
        up_bytes=round(up_bytes / count, 1),
        down_bytes=round(life.down_bytes / count, 1),
    )


def show(result: Mapping[str, object]) -> None:
    """Print a table for each node and set of pictures, then the figures."""
    for lines in cast("Mapping[str, list[dict[str, object]]]", result["tables"]).values():
        shaking = "" if lines[0]["windows"] == HELD_OUT else ", by a camera that shakes"
        heads = f"{'threshold':>10}{'right':>10}{'mistakes':>15}{'escalated':>11}{'bytes up':>10}{'down':>6}"
        print(f"{lines[0]['way']!s:44}{heads}")
        for line in lines:
            threshold = "" if line["threshold"] is None else f"{line['threshold']:.4f}"
            mistakes = f"{line['mistakes']} of {line['windows']}"
            print(
                f"  {line['way']!s:42}{threshold:>10}{line['accuracy_percent']:>8.2f} %{mistakes:>15}"
                f"{line['escalated_share']:>11.1%}{line['up_bytes']:>10}{line['down_bytes']:>6}"
            )
        print(f"  {HELD_OUT} pictures{shaking}\n")
    print("bytes are payload, for each inference; a cascade is named by the share that may be asked about")
    for suffix, what in TITLES.items():
        if f"accuracy_gap_points{suffix}" in result:
            gap, share = result[f"accuracy_gap_points{suffix}"], result[f"escalated_share{suffix}"]
            print(f"{what:48}{gap:>6} points behind the gateway alone at {share:.1%} escalated")
    print(f"calibration error of {SMALL}: {result['ece_small_uncalibrated']}, ", end="")
    print(f"at its card's temperature {result['ece_small']}")
