"""Publish models that nodes can trust: init, add, retire, renew, sign, publish, rotate, list."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from gateway.clock import wall_ms
from gateway.errors import GatewayError
from gateway.publish import output
from gateway.push import ends
from node.errors import TorporError
from node.wire.limits import HARD, Span
from tools.models import keys, shortcuts, target
from tools.models.errors import PublishError
from tools.models.repository import OFFLINE, Lives, Repository

if TYPE_CHECKING:
    from collections.abc import Sequence


def _most(setting: str) -> float:
    return cast("Span", HARD[setting]).most


SILENCE_H: Final = _most("transmit.interval_s") / 3600.0 + _most("transmit.quiet_h")
_SIGN_ONLINE: Final = ("init", "publish")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0, or 1 where it could not be done.
    """
    options = _parser().parse_args(argv)
    commands = {
        "init": _init,
        "add": _add,
        "retire": _retire,
        "renew": _renew,
        "sign": _sign,
        "publish": _publish,
        "rotate": _rotate,
        "list": _list,
    }
    lives = Lives(online=options.days)
    try:
        if options.command in _SIGN_ONLINE:
            lives.outlast(options.silence_h)
        commands[options.command](options, Repository(options.folder, wall_ms(), lives))
    except (PublishError, TorporError, GatewayError) as error:
        print(f"torpor models: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torpor models", description=__doc__)
    parser.add_argument(
        "--days", type=float, default=Lives().online, help="how long timestamps last (default: %(default)g)"
    )
    parser.add_argument(
        "--silence-h",
        type=float,
        default=SILENCE_H,
        metavar="H",
        help="hours that a node of the fleet may be silent, sleep and quiet hours together (default: %(default)g, the"
        " most that a policy can ask)",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, purpose in (
        ("init", "make a repository and all its keys"),
        ("add", "stage a model: signed by nobody yet"),
        ("retire", "stage targets without a model, its golden windows and its deltas"),
        ("renew", "stage root or targets as they are, for another life"),
        ("sign", "add a signature to what is staged"),
        ("publish", "put in force what has its signatures, and renew the timestamp"),
        ("rotate", "stage a root in which a key is replaced"),
        ("list", "print what is in force, and until when it holds"),
    ):
        commands.add_parser(name, help=purpose).add_argument("folder", type=Path, help="of the repository")
    _say_of_a_model(commands.choices["add"])
    commands.choices["retire"].add_argument("target", help="the model's, such as digits@1.tflite")
    commands.choices["renew"].add_argument("role", choices=sorted(OFFLINE))
    sign = commands.choices["sign"]
    sign.add_argument("role", choices=sorted(OFFLINE))
    sign.add_argument("--key", type=Path, required=True, help="PEM")
    commands.choices["publish"].add_argument("--key", type=Path, help="PEM (default: keys/online.pem)")
    rotate = commands.choices["rotate"]
    rotate.add_argument("role", choices=[*sorted(OFFLINE), "online"])
    rotate.add_argument("--old", type=Path, required=True, help="PEM of the key that goes")
    rotate.add_argument("--new", type=Path, required=True, help="PEM of the key that comes; made where it is missing")
    return parser


def _say_of_a_model(add: argparse.ArgumentParser) -> None:
    add.add_argument("model", type=Path, help=".tflite, with its card beside it")
    add.add_argument("--version", type=int, required=True, help="1 and up; nodes take none that is older than theirs")
    add.add_argument(
        "--back-to",
        type=int,
        default=0,
        metavar="N",
        help="but from this one they may go back to N, as a rollout that halts has them",
    )
    add.add_argument("--board", action="append", default=[], help="a board that it is for; none given: any")
    add.add_argument("--windows", type=Path, help=".npz with golden windows; none given: seeded noise")
    add.add_argument("--most-ms", type=int, default=0, help="longest mean inference of a golden window (default: any)")
    add.add_argument("--most-mb", type=int, default=0, help="most memory that it may add to a node's (default: any)")


def _init(options: argparse.Namespace, repository: Repository) -> None:
    repository.init()
    print(f"{options.folder}: a repository, and its keys in {options.folder / 'keys'}")
    print("Move root-* and targets-* to where two people keep them; online and policy stay with the gateway.")
    print(f"Nodes are given {options.folder / 'metadata' / '1.root.json'}.")


def _add(options: argparse.Namespace, repository: Repository) -> None:
    windows = target.windows_of(options.windows, options.model)
    terms, proof = target.described(options.model, options.version, tuple(options.board), windows)
    terms = replace(terms, back_to=options.back_to, most_ms=options.most_ms, most_mb=options.most_mb)
    here = target.rehearsed(options.model, terms, proof)
    for name, content in proof.items():
        repository.add(name, content)
    path = f"{terms.name}.tflite"
    repository.add(path, options.model.read_bytes(), terms.dump())
    size_bytes = options.model.stat().st_size
    for delta, delta_bytes in shortcuts.stage(repository, path):
        print(f"{delta} is staged: {delta_bytes} bytes instead of {size_bytes}")
    print(f"{path} is staged, with {' and '.join(proof)}; sign the targets, then publish")
    print(f"Its self-test passed here, at {here['mean_ms']:.3g} ms a window and {here['grown_mb']:.0f} MB.")


def _retire(options: argparse.Namespace, repository: Repository) -> None:
    gone = shortcuts.retire(repository, options.target)
    print(f"staged without {', '.join(gone)}; sign the targets, then publish")


def _renew(options: argparse.Namespace, repository: Repository) -> None:
    repository.renew(options.role)
    count, threshold = OFFLINE[options.role]
    print(f"{options.role} is staged for another life; sign it with {threshold} of its {count} keys, then publish")


def _sign(options: argparse.Namespace, repository: Repository) -> None:
    have, need = repository.sign(options.role, keys.read(options.key))
    print(f"{options.role}: {have} of {need} signatures")


def _publish(options: argparse.Namespace, repository: Repository) -> None:
    print("in force:", ", ".join(repository.publish(keys.read(options.key or repository.key("online")))))
    _say_ends(options.folder)


def _rotate(options: argparse.Namespace, repository: Repository) -> None:
    new = keys.read(options.new) if options.new.exists() else keys.make(options.new)
    repository.rotate(options.role, keys.read(options.old).public_key.keyid, new)
    print("a root is staged; sign it with the keys of the root, then publish")


def _list(options: argparse.Namespace, repository: Repository) -> None:
    for path, each in sorted(repository.targets().items()):
        print(f"{path:32} {each.length:>9}  {each.hashes['sha256']}")
    _say_ends(options.folder)


def _say_ends(folder: Path) -> None:
    """Print until when what is in force holds, the nearest end first, and what to run before it."""
    now_ms = wall_ms()
    for each in ends.read(folder):
        days = (each.ends_ms - now_ms) / ends.DAY_MS
        when = f"ends in {days:.0f} days" if days > 0 else "HAS ENDED, nodes refuse every update"
        print(f"{each.role:9} {when}, {output.iso(each.ends_ms)}: {ends.remedy(each.role, folder)}")


if __name__ == "__main__":
    sys.exit(main())
