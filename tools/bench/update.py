"""Update: what it costs to renew a model over MQTT, whole, compressed and as a delta, and what interruptions cost.

    python -m tools.bench update [--json] [--interruptions N] [--only NAME ...] [--data FOLDER]

Each model has a site of its own on one mosquitto: a publisher's repository with two keys, a gateway process, and nodes
whose session, inbox and updater are the product's, up to the self-test. Of each, a node that knows the first root
fetches version 1; version 2, trained on a little (`tools.train.tuned`), is then fetched whole by a second node, whole
over a line that is torn in the middle of packets by a third, and as a delta by the first. A last version has nothing
in common with the first two: a "major change".

metadata_bytes      most that any of these updates fetched of signed metadata: all messages with them, deflated
resent_bytes_max    most that an interruption made a node ask for again; a piece has 61,440 bytes
delta_ratio         median over the models of a delta's bytes to the model's
together            the metadata where all models stand in one repository: first for a node that knows nothing but the
                    root, then next for the same node when every model has a new version, then when its own has
next_metadata_bytes the same where the node had an update before
major_bytes         of the shortest delta to the "major change"; the model's own where none is shorter
"""

from __future__ import annotations

import argparse
import math
import shutil
import statistics
import sys
import tempfile
import tomllib
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from node.infer.runtime import open_model
from node.update.cache import digest_of
from node.update.machine import Step
from node.update.shortcut import NOTHING
from tools.bench.renewal import Mast, Release, Site, quiet
from tools.chaos.broker import MOSQUITTO, Broker, free_port
from tools.chaos.network import Network
from tools.models import target
from tools.train.card import toml
from tools.train.tuned import SHARE, tuned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
ZOO: Final = ROOT / "tools" / "zoo"
MLPERF: Final = ROOT.parent / "shared" / "data" / "mlperf_tiny_models"
MOST_METADATA_BYTES: Final = 1500
PIECE_BYTES: Final = 61_440
GOLDEN_RATIO: Final = 0.618
GREETING_BYTES: Final = 1000
"""A connection takes no more before the first piece: CONNECT with the will, its answer, subscriptions, the offer."""
UNRELATED: Final = 3.0
"""Share by which weights move that have nothing left of what they were."""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Renew one model after the other.

    Args:
        argv: `--interruptions`, `--only`, `--data`.
    """
    options = _parser().parse_args(argv)
    if MOSQUITTO is None:
        raise SystemExit("mosquitto is not installed; run: apt-get install mosquitto")
    models = [each for each in _models(options.data) if not options.only or each.stem in options.only]
    if not models:
        raise SystemExit(f"no such model; there are: {', '.join(each.stem for each in _models(options.data))}")
    quiet()
    with tempfile.TemporaryDirectory(prefix="torpor-update-") as name, Network() as network:
        folder = Path(name)
        with _broker(folder) as broker:
            rows = [_row(folder, broker.port, network, each, options.interruptions) for each in models]
            together = _together(folder, broker.port, models)
    ratios = [cast("float", row["delta_ratio"]) for row in rows]
    return {
        "metadata_bytes": max(cast("int", row["metadata_bytes"]) for row in rows),
        "resent_bytes_max": max(cast("int", row["resent_bytes_max"]) for row in rows),
        "delta_ratio": round(statistics.median(ratios), 3),
        "delta_ratio_worst": max(ratios),
        "interruptions": options.interruptions,
        "together": together,
        "rows": rows,
    }


def _models(data: Path) -> Iterator[Path]:
    yield from sorted(ZOO.glob("*.tflite"))
    yield from sorted(data.glob("*.tflite"))


def _broker(folder: Path) -> Broker:
    port, config = free_port(), folder / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 10000\n")
    return Broker(config, port)


def _row(folder: Path, port: int, network: Network, model: Path, interruptions: int) -> dict[str, object]:
    print(f"{model.stem}: {model.stat().st_size} bytes", file=sys.stderr, flush=True)
    name = model.stem.replace("_", "-").lower()[:32]
    site = Site(folder / name, port, name)
    try:
        return {"model": model.stem, **_measured(site, network, model, interruptions)}
    finally:
        site.close()
        shutil.rmtree(site.folder)


def _measured(site: Site, network: Network, model: Path, interruptions: int) -> dict[str, object]:
    """Renew a model in every way, and return what each took."""
    content = model.read_bytes()
    first, second = (_target(site, model, version, each) for version, each in enumerate(_versions(content), 1))
    terms = replace(second.terms, version=3)  # it is weighed, not run: weights drawn anew have no sure answer
    third = Release(f"{terms.name}.tflite", terms, tuned(content, UNRELATED), {})
    site.put(*first)
    site.publish(first.path)
    home = Mast(site, "home")
    packed = home.renew(first.path)
    home.commit()
    site.put(*second)
    site.publish()
    whole = Mast(site, "whole").renew(second.path)
    resent_bytes = _torn(site, network, second.path, len(content), interruptions)
    site.publish(second.path)
    delta = home.renew(second.path)
    site.put(*third)
    site.publish(third.path)
    size_bytes = site.sizes(second.path)
    return {
        "model_bytes": len(content),
        "packed_bytes": size_bytes.get(NOTHING, len(content)),
        "delta_bytes": min(size_bytes.values(), default=len(content)),
        "delta_ratio": round(min(size_bytes.values(), default=len(content)) / len(content), 3),
        "major_bytes": min(site.sizes(third.path).values(), default=len(content)),
        "whole_wire_bytes": whole.wire_bytes,
        "packed_wire_bytes": packed.wire_bytes,
        "delta_wire_bytes": delta.wire_bytes,
        "metadata_bytes": max(each.metadata_bytes for each in (packed, whole, delta)),
        "next_metadata_bytes": delta.metadata_bytes,
        "resent_bytes_max": max(resent_bytes, default=0),
        "resent_bytes": sum(resent_bytes),
        "whole_s": round(whole.seconds, 2),
        "delta_s": round(delta.seconds, 2),
    }


def _together(folder: Path, port: int, models: Sequence[Path]) -> dict[str, int]:
    """Renew the last of several models that stand in one repository, twice; return what came of metadata."""
    print(f"{len(models)} models in one repository", file=sys.stderr, flush=True)
    site = Site(folder / "together", port, "together")
    try:
        node, found = Mast(site, "home"), {}
        for version, (name, some) in enumerate((("first", models), ("next", models), ("one", models[-1:])), 1):
            releases = [_target(site, each, version, tuned(each.read_bytes(), SHARE * (version - 1))) for each in some]
            for each in releases:
                site.put(*each)
            site.publish(*(each.path for each in releases))
            found[name] = node.renew(releases[-1].path).metadata_bytes
            node.commit()
    finally:
        site.close()
    return found


def _versions(content: bytes) -> tuple[bytes, bytes]:
    return content, tuned(content)


def _target(site: Site, model: Path, version: int, content: bytes) -> Release:
    """Describe a version of a model as a publisher does who has no windows at hand."""
    path = site.folder / f"{version}.tflite"
    path.write_bytes(content)
    card = model.with_suffix(".toml")
    said = tomllib.loads(card.read_text("utf-8")) if card.exists() else {"head": _head(path)}
    path.with_suffix(".toml").write_text(
        toml({"model": f"{model.stem}@{version}", "sha256": digest_of(path), "head": said["head"]})
    )
    terms, proof = target.described(path, version, (), target.windows_of(None, path))
    return Release(f"{terms.name}.tflite", terms, content, proof)


def _head(model: Path) -> dict[str, object]:
    """Return how to read a model's answer: as long as its window, it is an autoencoder's, else one number a class."""
    opened = open_model(model, 1)
    (window, *_), (answer, *_) = opened.get_input_details(), opened.get_output_details()
    count = math.prod(answer["shape"])
    if count == math.prod(window["shape"]):
        return {"part": "anomaly", "threshold": 1.0}
    return {"part": "classes", "labels": [str(number) for number in range(count)]}


def _torn(site: Site, network: Network, path: str, size_bytes: int, times: int) -> list[int]:
    """Fetch a model over a line that tears again and again; return what each time was asked for twice.

    Through all of its connections less passes than the model has, unevenly, so that some tear in their first piece and
    some in a later one. The first tears once metadata are through; the others are counted from their first byte on,
    for what was on its way is sent anew by the broker.
    """
    node = Mast(site, "torn", network.open(site.name, site.port))
    site.offer(node.name, path)
    asked = [0]
    for number in range(times):
        share = 2 * ((number + 0.5) * GOLDEN_RATIO % 1)
        pass_bytes = round(share * 0.9 * size_bytes / times)
        if number:
            network.ration(site.name, GREETING_BYTES + pass_bytes)
        else:
            node.on_piece = partial(network.tear, site.name, pass_bytes)
        node.transmit(path)
        assert node.step is Step.DOWNLOAD, f"it came to {node.step} in spite of all"
        asked.append(node.asked_twice_bytes)
    asked.append(node.finish(path).asked_twice_bytes)
    return [after - before for before, after in pairwise(asked)]


def show(result: Mapping[str, object]) -> None:
    """Print a row a model, and what it comes to."""
    columns = (
        ("model", "model_bytes", 9),
        ("packed", "packed_bytes", 8),
        ("delta", "delta_bytes", 8),
        ("ratio", "delta_ratio", 6),
        ("major", "major_bytes", 8),
        ("wire: whole", "whole_wire_bytes", 11),
        ("delta", "delta_wire_bytes", 8),
        ("metadata", "metadata_bytes", 8),
        ("next", "next_metadata_bytes", 5),
        ("resent", "resent_bytes_max", 7),
        ("whole s", "whole_s", 7),
        ("delta s", "delta_s", 7),
    )
    print(f"{'bytes':24}" + " ".join(f"{title:>{width}}" for title, _, width in columns))
    for row in cast("list[dict[str, object]]", result["rows"]):
        print(f"{row['model']!s:24}" + " ".join(f"{row[key]!s:>{width}}" for _, key, width in columns))
    metadata, resent = cast("int", result["metadata_bytes"]), cast("int", result["resent_bytes_max"])
    print(f"\nmetadata of an update: at most {metadata} B of {MOST_METADATA_BYTES}", end="")
    print(f"; once more asked for: at most {resent} B an interruption, of {PIECE_BYTES}, in {result['interruptions']}")
    together = cast("Mapping[str, int]", result["together"])
    print(f"of one repository with all {len(cast('list[object]', result['rows']))} models: first", end=" ")
    print(
        f"{together['first']} B of metadata, then {together['next']} with all of them new, {together['one']} with one"
    )
    print(f"a delta is {result['delta_ratio']} of its model in the median, {result['delta_ratio_worst']} at the worst")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="update", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--interruptions", type=int, default=20, help="of one update of each model (default: 20)")
    parser.add_argument("--only", nargs="+", default=[], help="models by their names (default: all)")
    parser.add_argument("--data", type=Path, default=MLPERF, help="a folder with more .tflite than the zoo's")
    return parser
