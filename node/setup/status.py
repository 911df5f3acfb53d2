"""What `status` prints for a person: where a node's joules went, how it sleeps, and how long its battery lasts at that.

All of it is from what the node left on disk, and as old as that: its books are written when it transmits and when it
ends. Only how a gap would be slept is asked of the machine, as it is now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.memory import forgets_nothing, table
from node.sleep.books import Books
from node.sleep.ledger import Ledger
from node.sleep.rest import Rest
from node.sleep.thrift import recall

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.config import Config
    from node.hal import Ports
    from node.values import Nap

DAY_S: Final = 86_400.0
MJ_A_WH: Final = 3_600_000.0
HEADS: Final = ("stage", "seconds", "measured J", "modelled J", "share")
UNITS: Final = ((2 * DAY_S, DAY_S, "days"), (7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"), (0.0, 1.0, "s"))


def told(config: Config, ports: Ports, seen: Mapping[str, object]) -> str:
    """Return it, as lines.

    Args:
        config: the node's.
        ports: its board.
        seen: its `health.json`, of a node that has run.
    """
    books = Books(config.node.state_dir)
    memory = books.load()
    ledger = Ledger(ports.board.states)
    ledger.recall(memory, go_on=True)
    age_s = books.age_s(ports.clock.wall_ms())
    counted = [seen.get(name, 0) for name in ("cycles", "records_receipted", "records_committed")]
    lines = (
        f"{config.node.name} of {config.node.site}, on {ports.board.id}"
        + ("" if age_s is None else f", as of {span(age_s)} ago"),
        "{} cycles; {} of {} records receipted".format(*counted),
        "",
        *_stages(ledger),
        "",
        *(f"{what:<10} {said}" for what, said in _said(config, ports, ledger, memory)),
        *(f"{'not well':<10} {concern}: {why}" for concern, why in table(seen.get("reasons")).items()),
    )
    return "\n".join(lines)


def span(seconds: float) -> str:
    """Say how long something is.

    >>> span(59.6), span(7200.0), span(1e6)
    ('59.6 s', '2 hours', '11.6 days')
    """
    _, one_s, unit = next(each for each in UNITS if seconds >= each[0] or not each[0])
    return f"{seconds / one_s:.3g} {unit}"


def _stages(ledger: Ledger) -> Iterator[str]:
    """Yield a line a stage, and the sum."""
    total_mj = ledger.total_mj()
    rows = [(stage, each.seconds, each.measured_mj, each.modelled_mj) for stage, each in ledger.accounts.items()]
    rows = [each for each in rows if any(each[1:])]
    seconds, measured_mj, modelled_mj = (sum(float(each[at]) for each in rows) for at in (1, 2, 3))
    rows.append(("all", seconds, measured_mj, modelled_mj))
    yield f"{HEADS[0]:<10}" + "".join(f"{head:>12}" for head in HEADS[1:])
    for stage, seconds, measured_mj, modelled_mj in rows:
        share = (measured_mj + modelled_mj) / total_mj if total_mj else 0.0
        figures = "".join(f"{_figure(each):>12}" for each in (seconds, measured_mj / 1e3, modelled_mj / 1e3))
        yield f"{stage:<10}{figures}{share:>12.1%}"


def _figure(value: float) -> str:
    """Return three digits; a dash for nothing.

    >>> _figure(0.0), _figure(0.01234), _figure(12345.6)
    ('-', '0.0123', '12346')
    """
    if not value:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000.0 else f"{value:.3g}"


def _said(config: Config, ports: Ports, ledger: Ledger, memory: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what the sums come to."""
    lived_s, total_mj = sum(each.seconds for each in ledger.accounts.values()), ledger.total_mj()
    if lived_s and total_mj:
        mean_mw = total_mj / lived_s
        yield "mean draw", f"{_figure(mean_mw)} mW over {span(lived_s)}, {_measured(ledger, total_mj)}"
        if config.node.battery_wh:
            lasts_s = config.node.battery_wh * MJ_A_WH / mean_mw
            yield "battery", f"{config.node.battery_wh:g} Wh, once full, last {span(lasts_s)} at that draw, without sun"
    yield from _charge(table(memory.get("means")))
    nap = Rest(config.sleep, ports).plan(config.sleep.period_s, memory_is_on_disk=forgets_nothing(config))
    yield "sleeps in", f"{nap.state}: {nap.reason}{_beside(nap)}"
    if ledger.answers and total_mj:
        yield "answers", _answers(ledger)


def _beside(nap: Nap) -> str:
    more_mj = nap.runner_up_mj - nap.energy_mj
    return f"; {nap.runner_up} would take {_figure(more_mj)} mJ more" if nap.runner_up and more_mj > 0.0 else ""


def _measured(ledger: Ledger, total_mj: float) -> str:
    """Say whose joules they are."""
    measured_mj = sum(each.measured_mj for each in ledger.accounts.values())
    if not measured_mj:
        return f"none of it measured: by the board's figures{', and how busy it was' if ledger.scope else ''}"
    off = f"{_figure(ledger.uncertainty_mj / 1e3)} J off at most"
    return f"{measured_mj / total_mj:.1%} measured: the {ledger.scope} ({ledger.quality}), {off}"


def _charge(means: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what the energy controller knows and decided last, where there is one."""
    state = recall(table(means.get("thrift")))
    if state.wall_ms is None:
        return
    charge, reason = state.charge, table(means.get("kept")).get("reason", "")
    known = f"{charge.share:.0%}, give or take {charge.error:.0%}; " if charge.witness != "none" else ""
    yield "charge", f"{known}level {state.control.level:.2f} of 1: {reason}"


def _answers(ledger: Ledger) -> str:
    said = {name: _figure(figure) for name, figure in ledger.snapshot().items()}
    latency = f"{said['latency_p50_ms']} ms from sensor to outbox (p95 {said['latency_p95_ms']})"
    network = f"the network took {said['network_mj_per_inference']} mJ each"
    return f"{ledger.answers:,}, {said['inferences_per_joule']} a joule; {latency}; {network}"
