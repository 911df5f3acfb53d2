"""`torpor-node run | check | doctor | status | unit | enrol`: the commands of a node.

Exit codes: 0 fine, 1 failed, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node.errors import ConfigError, Problem, TorporError

if TYPE_CHECKING:
    from collections.abc import Sequence


FINE, FAILED, USAGE = 0, 1, 2
PURPOSES: Final = {
    "run": "sense, gate, infer, transmit and sleep until SIGTERM",
    "check": "print every error of the file at once; of a sound one, a day's plan",
    "doctor": "try sensors, model, disk, clock and broker here",
    "status": "print what it has counted, and what is not as it should be",
    "unit": "print a systemd unit that runs it, hardened",
    "enrol": "make a key, and get a certificate for the gateway's token",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: without the program's name; None for the process's own.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(argv)
    _log_to_stderr(options.verbose)
    commands = {
        "run": _run,
        "check": _check,
        "doctor": _doctor,
        "status": _status,
        "unit": _unit,
        "enrol": _enrol,
    }
    try:
        code = commands[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does; what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except ConfigError as error:
        print(f"{options.config}: {len(error.problems)} problem(s)", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return USAGE
    except TorporError as error:
        print(f"torpor-node: {error}", file=sys.stderr)
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="torpor-node",
        description="A sensor node that thinks before it transmits.",
        epilog="\n".join(f"  {word:<8}{purpose}" for word, purpose in PURPOSES.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=PURPOSES, help="what to do; see below")
    parser.add_argument("--config", type=Path, default=Path("node.toml"), help="the node's file (default: node.toml)")
    parser.add_argument(
        "--once", action="store_true", help="run: one cycle, then end; a timer or an RTC wakes it again"
    )
    parser.add_argument("--dry-run", action="store_true", help="run: publish nothing, print what would go out")
    parser.add_argument("--cycles", type=_count, default=None, metavar="N", help="run: end after N cycles")
    parser.add_argument("--gateway", default="", metavar="HOST:PORT", help="enrol: where the gateway takes in nodes")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="enrol: holds the token; without, it is asked for"
    )
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="unit: write all files that it takes into a folder, such as /etc"
    )
    parser.add_argument("--json", action="store_true", help="status: what the node left on disk, for programs")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice for every cycle")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _log_to_stderr(verbose: int) -> None:
    import logging

    from node import journal

    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    journal.to_stderr(level, "%(levelname)s %(name)s: %(message)s")


def _run(options: argparse.Namespace) -> int:
    from node.app import App
    from node.config import load

    config, problems = load(options.config)
    for problem in problems:
        print(f"{options.config}: {problem}; this part is left out", file=sys.stderr)
    cycles = 1 if options.once else options.cycles
    return App(config, dry_run=options.dry_run).run(cycles=cycles)


def _check(options: argparse.Namespace) -> int:
    from node.app import seen
    from node.config import load_strictly
    from node.hal import open_ports
    from node.sense.desk import recorded
    from node.setup.outlook import planned
    from node.setup.trial import misfits

    config = load_strictly(options.config)
    ports = open_ports(config.node.board)
    blocks = recorded((each.spec for each in config.sense.values()), ports)
    problems = [Problem(section, reason) for section, reason in misfits(config, blocks)]
    if problems:
        raise ConfigError(problems)
    print(f"{options.config}: fine\n")
    print(planned(config, ports, seen(config)))
    return FINE


def _doctor(options: argparse.Namespace) -> int:
    from node.setup.doctor import examine, table

    findings = list(examine(options.config))
    print(table(findings))
    return FAILED if any(finding.mark == "FAIL" for finding in findings) else FINE


def _status(options: argparse.Namespace) -> int:
    import json

    from node.app import seen
    from node.config import load

    config, _ = load(options.config)
    told = dict(seen(config))
    told.pop("memory", None)  # the node's own, for its next wake
    if not told:
        print(f"torpor-node: no status in {config.node.state_dir}; a node leaves one when it has run", file=sys.stderr)
        return FAILED
    if options.json:
        print(json.dumps(told, indent=1))
        return FINE
    from node.hal import open_ports
    from node.setup.status import told as page

    print(page(config, open_ports(config.node.board), told))
    return FINE


def _unit(options: argparse.Namespace) -> int:
    from node.config import load_strictly
    from node.setup.unit import SERVICE, files

    written = files(load_strictly(options.config), options.config)
    if options.into is None:
        print(written[SERVICE], end="")
        return FINE
    try:
        for name, text in written.items():
            path = options.into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(path)
    except OSError as error:
        print(f"torpor-node: {error.filename}: {error.strerror}; is --into a folder that is yours?", file=sys.stderr)
        return FAILED
    return FINE


def _enrol(options: argparse.Namespace) -> int:
    from node.setup.enrol import enrol, read_token

    done = enrol(options.config, options.gateway, read_token(options.token_file))
    print(f"{done.node} is enrolled; its key and certificate are in {done.cert}. In {options.config}:\n\n{done.lines}")
    return FINE


if __name__ == "__main__":
    sys.exit(main())
