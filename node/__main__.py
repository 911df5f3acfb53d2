"""`torpor-node run | check | doctor | status`: the commands of a node.

Exit codes: 0 fine, 1 failed, 2 usage or configuration.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from node.errors import ConfigError, TorporError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from node.config import Config
    from node.hal import Ports, Radio
    from node.values import Nap

FINE, FAILED, USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: without the program's name; None for the process's own.

    Returns:
        The exit code.
    """
    options = _parser().parse_args(argv)
    _log_to_stderr(options.verbose)
    commands = {"run": _run, "check": _check, "doctor": _doctor, "status": _status}
    try:
        return commands[options.command](options)
    except ConfigError as error:
        print(f"{options.config}: {len(error.problems)} problem(s)", file=sys.stderr)
        for problem in error.problems:
            print(f"  {problem}", file=sys.stderr)
        return USAGE
    except TorporError as error:
        print(f"torpor-node: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="torpor-node", description="A sensor node that thinks before it transmits.")
    parser.add_argument("command", choices=("run", "check", "doctor", "status"), help="what to do")
    parser.add_argument("--config", type=Path, default=Path("node.toml"), help="the node's file (default: node.toml)")
    parser.add_argument(
        "--once", action="store_true", help="run: one cycle, then end; a timer or an RTC wakes it again"
    )
    parser.add_argument("--dry-run", action="store_true", help="run: publish nothing, print what would go out")
    parser.add_argument("--cycles", type=_count, default=None, metavar="N", help="run: end after N cycles")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice for every cycle")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is below 1")
    return count


def _log_to_stderr(verbose: int) -> None:
    import logging

    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)


def _run(options: argparse.Namespace) -> int:
    from node.app import App
    from node.config import load

    config, problems = load(options.config)
    for problem in problems:
        print(f"{options.config}: {problem}; this part is left out", file=sys.stderr)
    cycles = 1 if options.once else options.cycles
    return App(config, dry_run=options.dry_run).run(cycles=cycles)


def _check(options: argparse.Namespace) -> int:
    from node.config import load_strictly

    config = load_strictly(options.config)
    print(f"{options.config}: fine\n")
    print(_planned(config))
    return FINE


def _planned(config: Config) -> str:
    from node.app import seen
    from node.hal import open_ports
    from node.plan import Rhythm, habit_of, plan
    from node.sleep.airtime import silent_states

    ports = open_ports(config.node.board)
    transmit = config.transmit
    rhythm = Rhythm(period_s=config.sleep.period_s, interval_s=transmit.interval_s, battery_wh=config.node.battery_wh)
    nap = _nap(config, ports)
    joins = nap.state in silent_states(ports.board.states.values(), config.sleep.savings)
    habit = habit_of(seen(config), stays_connected=transmit.stays_connected, joins=joins)
    radio = ports.open_radio() if ports.open_radio else None
    nap_mw = nap.energy_mj / rhythm.period_s if nap.duration_s else None
    day = plan(rhythm, habit, ports.board.states, radio=radio, nap_mw=nap_mw)
    energy = ", ".join(f"{what} {joules:.0f} J" for what, joules in day.energy_j.items())
    life = "no battery given" if day.battery_days is None else f"{day.battery_days:.1f} days"
    return "\n".join(
        (
            f"the plan for a day on {ports.board.id} ({day.quality}: {_basis(day.quality)})",
            f"  samples        {day.samples:,.0f}",
            f"  records        {day.records:,.0f}",
            f"  transmissions  {day.transmissions:,.0f}",
            f"  payload        {day.bytes_a_day / 1000.0:,.1f} kB",
            f"  energy         {sum(day.energy_j.values()):,.0f} J ({energy})",
            f"  mean draw      {day.mean_mw:,.0f} mW",
            f"  sleeps in      {nap.state}: {nap.reason}",
            f"  radio          {_radio(radio)}",
            f"  battery        {life}",
        )
    )


def _nap(config: Config, ports: Ports) -> Nap:
    """Plan a period's gap as the node would on this machine, which need not be the one that it is meant for."""
    from node.memory import forgets_nothing
    from node.sleep.rest import Rest

    kept = config.transmit.stays_connected
    rest = Rest(replace(config.sleep, deepest="light") if kept else config.sleep, ports)
    return rest.plan(config.sleep.period_s, memory_is_on_disk=forgets_nothing(config))


def _radio(radio: Radio | None) -> str:
    if radio is None:
        return "none of the board's is here: what it takes is not in the plan"
    return (
        f"{radio.name}, {radio.join.energy_mj:g} mJ to join, {1e3 * radio.sent_byte_mj:g} uJ a byte ({radio.quality})"
    )


def _basis(quality: str) -> str:
    return "from this node's own counters" if quality == "measured" else "assumptions, until the node has run"


def _doctor(options: argparse.Namespace) -> int:
    from node.doctor import examine, table

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
    print(json.dumps(told, indent=1))
    return FINE


if __name__ == "__main__":
    sys.exit(main())
