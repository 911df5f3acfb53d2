"""`torpor-gateway` and its commands. Exit codes: 0 fine, 1 failed, 2 usage."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.downlink import words as downlink
from gateway.errors import ConfigError, GatewayError, Problem
from gateway.identity import commands as identity
from gateway.policy import words as policy
from gateway.printed import printable
from gateway.rollout import words as rollout
from node import journal

if TYPE_CHECKING:
    from collections.abc import Sequence

FINE: Final = 0
FAILED: Final = 1
USAGE: Final = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: without the program's name; the process's own where None.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(argv)
    level = logging.DEBUG if options.verbose else logging.INFO
    journal.to_stderr(level, "%(asctime)s %(levelname)s %(name)s: %(message)s")
    commands = {
        "init": _init,
        "check": _check,
        "run": _run,
        "status": _status,
        "energy": _energy,
        "forecast": _forecast,
        "offer": _offer,
        "quarantine": _quarantine,
        "unit": _unit,
        "windows": _windows,
        "policy": _policy,
        "rollout": _rollout,
        **dict.fromkeys(("lease", "command", "commands"), _downlink),
        **dict.fromkeys(("node", "subscriber"), _identity),
    }
    try:
        code = commands[options.command](options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has seen enough, as `head` does; what is left goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
    except GatewayError as error:
        print(f"torpor-gateway: {error}", file=sys.stderr)
        return FAILED
    except ModuleNotFoundError as error:  # a node's install has none of the gateway's libraries
        if str(error.name).partition(".")[0] in {"gateway", "node"}:
            raise
        print(f"torpor-gateway: there is no {error.name}; run: pip install 'torpor[gateway]'", file=sys.stderr)
        return FAILED
    return code


_VERBOSE: Final = ("-v", "--verbose")
_MORE: Final = "log what each commit does"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torpor-gateway", description="Torpor's gateway for one site.")
    parser.add_argument(*_VERBOSE, action="store_true", help=_MORE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _declare_init(commands.add_parser("init", help="write a configuration for the gateway and its broker"))
    for name, purpose in (
        ("check", "read the configuration and print every error at once"),
        ("run", "run until SIGTERM"),
        ("status", "print what is stored"),
        ("quarantine", "print what was refused, and why, the newest first"),
        ("energy", "print where each node's joules went"),
        ("windows", "print the raw windows that nodes sent, the newest first; with --into, write them as .npy files"),
        ("unit", "print a systemd unit that runs it, hardened"),
        ("offer", "have nodes fetch a model, or no particular one any more"),
    ):
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")
    commands.choices["run"].add_argument(*_VERBOSE, action="store_true", default=argparse.SUPPRESS, help=_MORE)
    commands.choices["unit"].add_argument("--broker", action="store_true", help="the drop-in for mosquitto instead")
    policy.declare(commands.add_parser("policy", help="sign settings for nodes, and see what came of it"))
    rollout.declare(commands.add_parser("rollout", help="have many nodes take a model, a few at first"))
    downlink.declare(commands)
    identity.add_to(commands)
    for name in ("status", "quarantine", "energy", "windows"):
        commands.choices[name].add_argument(
            "--json", action="store_true", help="for programs: one JSON object, or one a line"
        )
    _declare_forecast(commands.add_parser("forecast", help="the sun of the coming days, for nodes that live by it"))
    offer = commands.choices["offer"]
    offer.add_argument("target", nargs="?", help="such as digits@2.tflite; none: withdraw what was offered")
    offer.add_argument("--node", action="append", required=True, metavar="NAME", help="may be given again")
    _declare_lists(commands.choices["quarantine"], commands.choices["windows"])
    return parser


def _declare_init(init: argparse.ArgumentParser) -> None:
    init.add_argument("folder", type=Path, metavar="DIR", help="where to; made where it is missing")
    init.add_argument("--site", default="site", metavar="NAME", help="[a-z0-9-]{1,32} (default: %(default)s)")
    init.add_argument("--host", default="", help="the one address that the broker listens on (default: all)")
    init.add_argument("--port", type=_port, metavar="N", help="its port (default: 8883, with --plain 1883)")
    init.add_argument(
        "--also", action="append", default=[], metavar="NAME", help="a name or an address that it is reached by, too"
    )
    init.add_argument("--plain", action="store_true", help="no TLS, no names, on this machine alone: for a try")


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 1 to 65535")
    return int(text)


def _declare_lists(refused: argparse.ArgumentParser, windows: argparse.ArgumentParser) -> None:
    refused.add_argument("--reason", default="", metavar="WORD", help="this reason alone, such as bad-body")
    windows.add_argument("--node", default="", metavar="NAME", help="of this node alone")
    windows.add_argument("--into", type=Path, metavar="DIR", help="where the files go; made where it is missing")
    for each in (refused, windows):
        each.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (default: %(default)s)")


def _identity(options: argparse.Namespace) -> int:
    return identity.run(options)


def _declare_forecast(forecast: argparse.ArgumentParser) -> None:
    verbs = forecast.add_subparsers(dest="verb", required=True)
    put = verbs.add_parser("set", help="put a forecast in the place of the one before")
    told = "CSV with the columns day and wh_m2, or JSON; - for standard input. Days by UTC, irradiation in Wh/m2"
    put.add_argument("file", metavar="FILE", help=told)
    show = verbs.add_parser("show", help="print what was set")
    show.add_argument("--json", action="store_true", help="for programs: one JSON object, as `set` takes it")
    for verb in (put, show):
        verb.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")


def _init(options: argparse.Namespace) -> int:
    from gateway.setup import found

    folder, home = options.folder, options.folder / "identity"
    written = []
    if options.plain:
        where = found.Where(host=options.host or found.LOOPBACK[0], port=options.port or 1883)
    else:
        from gateway.clock import wall_ms
        from gateway.identity import authority

        found.refuse_plain(folder)
        hosts = (*options.also, *([options.host] if options.host else []))
        written += authority.make(home, options.site, hosts, wall_ms())
        where = found.Where(host=options.host, port=options.port or 8883, identity=home)
    written += found.write(folder, options.site, where)
    for path in (folder / name for name in found.FILES):
        print(path if path in written else f"{path} was there already, and is left as it is")
    if not options.plain:
        print(home if home / "ca.pem" in written else f"{home} was there already, and is left as it is")
    if folder / "gateway.toml" in written:
        print(f"""
Now start the broker, then the gateway; `torpor-gateway unit` prints services for them:
    /usr/sbin/mosquitto -c {folder / "mosquitto.conf"}
    torpor-gateway run --config {folder / "gateway.toml"}""")
    return FINE


def _check(options: argparse.Namespace) -> int:
    from gateway import config

    found = config.read(options.config)
    if found.policy.schedule_file:
        from gateway.policy import schedule

        schedule.read(found.policy.schedule_file)
    print(f"{options.config}: fine. Site {found.site.name}, broker {found.mqtt.host}:{found.mqtt.port}", end="")
    print(f", database {found.store.path}")
    return _check_broker(options.config.resolve().parent / "mosquitto.conf", sealed=found.mqtt.ca_file is not None)


def _check_broker(path: Path, *, sealed: bool) -> int:
    """Look at the broker's file, where it is the one that `init` wrote beside ours."""
    from gateway.setup import limits

    if not path.exists():
        return FINE
    found = list(limits.complaints(path.read_text(encoding="utf-8"), sealed=sealed))
    for each in found:
        print(f"{path}: {each}", file=sys.stderr)
    return USAGE if found else FINE


def _run(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.app import App
    from gateway.clock import wall_ms

    asyncio.run(App(config.read(options.config), wall_ms).run())
    return FINE


def _status(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.clock import wall_ms
    from gateway.store import queries

    found = config.read(options.config)
    status = queries.status(found.store.path, found.presence, wall_ms())
    if options.json:
        print(json.dumps(status))
        return FINE
    del status["energy"]  # a table of its own: `energy`
    for name, value in status.items():
        said = ", ".join(f"{key} {each}" for key, each in value.items()) if isinstance(value, dict) else value
        print(f"{name:20} {said}")
    return FINE


def _energy(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.publish.energy_table import table
    from gateway.store import queries

    with queries.reading(config.read(options.config).store.path) as database:
        spent = queries.energies(database)
    if options.json:
        print(json.dumps(spent))
        return FINE
    print("\n".join(table(spent)) if spent else "no node has told its health yet")
    return FINE


def _forecast(options: argparse.Namespace) -> int:
    from gateway import config

    path = config.read(options.config).store.path
    return _set_forecast(path, options.file) if options.verb == "set" else _show_forecast(path, in_json=options.json)


def _set_forecast(path: Path, file: str) -> int:
    from gateway.clock import wall_ms
    from gateway.push import forecast, foretelling
    from gateway.store.database import Store

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(file, str(error))]) from error
    now_ms = wall_ms()
    days = forecast.read(text, now_ms)
    with closing(Store(path)) as store:
        foretelling.keep(store, days, now_ms)
    print(f"set for {len(days)} days, {min(days)} to {max(days)}; nodes with [energy] hear of it when they wake")
    return FINE


def _show_forecast(path: Path, *, in_json: bool) -> int:
    from gateway.clock import wall_ms
    from gateway.publish import output
    from gateway.push import foretelling
    from gateway.push.forecast import DAY_MS, date_of
    from gateway.store import queries

    with queries.reading(path) as database:
        days = foretelling.kept(database)
    if in_json:
        print(json.dumps({str(date_of(day_ms)): figure for day_ms, figure, _ in days}))
        return FINE
    for day_ms, figure, set_ms in days:
        over = ", over" if wall_ms() >= day_ms + DAY_MS else ""
        print(f"{date_of(day_ms)}  {figure:8,.0f} Wh/m2, set {output.iso(set_ms)}{over}")
    if not days:
        print("no forecast was set")
    return FINE


def _offer(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.push import offers
    from gateway.rollout import desk
    from gateway.store.database import Store

    settings = config.read(options.config)
    offer = offers.found(settings.models.folder, options.target) if options.target else None
    with closing(Store(settings.store.path)) as store:
        desk.refuse_busy(store.database, options.node)
        offers.put(store, options.node, offer)
    what = f"fetch {offer.target}, {offer.size_bytes} bytes" if offer else "are offered nothing"
    print(f"{', '.join(options.node)}: {what}")
    return FINE


def _quarantine(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.publish import output
    from gateway.store import queries

    found = queries.quarantine(config.read(options.config).store.path, reason=options.reason, most=options.limit)
    for each in found:
        time = output.iso(each.received_ms)
        if options.json:
            print(json.dumps({**each._asdict(), "received": time, "payload": each.payload.hex()}))
        else:
            size = f"{len(each.payload)} bytes"
            why = printable(each.detail.removeprefix(f"{each.reason}: "))
            print(f"{time}  {each.reason:16} {printable(each.topic)[:64]:40} {size:>12}  {why}")
    if not found and not options.json:
        print("nothing was refused" + (f" for {options.reason!r}" if options.reason else ""))
    return FINE


def _windows(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.store import queries, raw_windows

    with queries.reading(config.read(options.config).store.path) as database:
        found = list(raw_windows.newest(database, options.node, options.limit))
    for each in found:
        print(json.dumps(each.told()) if options.json else each.line())
    if not found and not options.json:
        print('no raw window was kept; a node with `[record] raw = "always"` sends them')
    unwritten = raw_windows.write(found, options.into) if options.into else []
    for reason in unwritten:
        print(f"torpor-gateway: {reason}", file=sys.stderr)
    return FAILED if unwritten else FINE


def _policy(options: argparse.Namespace) -> int:
    from gateway.policy import command

    for line in command.run(options):
        print(line)
    return FINE


def _rollout(options: argparse.Namespace) -> int:
    from gateway.rollout import command

    for line in command.run(options):
        print(line)
    return FINE


def _downlink(options: argparse.Namespace) -> int:
    from gateway.downlink import command

    for line in command.run(options):
        print(line)
    return FINE


def _unit(options: argparse.Namespace) -> int:
    from gateway import config
    from gateway.setup import unit

    found = config.read(options.config)
    print(unit.broker(options.config) if options.broker else unit.unit(found, options.config), end="")
    return FINE


if __name__ == "__main__":
    sys.exit(main())
