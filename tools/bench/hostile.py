"""Forgeries, bombs, floods and broken packets at a real broker, gateway and node: what good nodes notice of it.

    python -m tools.bench hostile [--json] [--scale X] [--seed N] [--controls N]

A mosquitto as `torpor-gateway init` sets it up (without an access list: here everybody may claim to be anybody), a
gateway and a node, all real processes. Ten good nodes say fifty messages a second and note when each receipt comes.
Meanwhile, one after another: every forgery to the gateway and to the node, each of which has to stand in quarantine
with its reason, and nothing of it in the store; noise; packets that break MQTT; storms that break nothing; and a node
whose outbox holds a record that nobody can encode.

    cases         forgeries, broken packets, a will and storms
    refused       forgeries and packets refused for the right reason; storms have to be borne, and are counted apart
    crashes       processes that ended
    p99_ms        of the good nodes' receipts; what never came took for ever
    rss_growth_mb peak of the gateway or the node, whichever grew more, since before the first of it

The control gives the same bombs to plain decoders, in children with limits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.store import queries
from node.transmit.outbox import Outbox
from node.transmit.outbox import Params as OutboxParams
from node.values import Record, TimeQuality
from tools.bench import flood
from tools.chaos.configs import SITE
from tools.chaos.site import Habits, Site, SiteError
from tools.hostile import control, forgeries, packets, storms
from tools.hostile.good import Good
from tools.hostile.memory import Growth

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tools.hostile.forgeries import Case

VICTIM: Final = "victim"
EVIL: Final = "evil"
GATEWAY: Final = "gateway"
_KEPT_BYTES: Final = 256
_PACKET_BYTES: Final = 69_000
"""Less than the broker's limit; larger packets are tried by themselves."""
_HEARD: Final = 50
"""Receipts of good nodes after each attack, a second's worth: what it left behind is still in their way."""


@dataclass(slots=True)
class Tally:
    """What came of it so far."""

    cases: int = 0
    refused: int = 0
    borne: int = 0
    missed: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    phases: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is attacked, and who watches."""

    site: Site
    folder: Path
    good: Good
    tally: Tally
    growth: dict[str, Growth]

    def send(self, what: str, messages: Iterable[tuple[str, bytes]]) -> None:
        """Say messages as fast as the broker takes them, and go on when the good nodes have been heard after it."""
        _tell(what)
        heard = len(self.good.latencies_s)
        with flood.connect(self.site.broker.port, "attacker") as link:
            flood.send(link, flood.pack(messages))
        enough = len(self.good.latencies_s) + _HEARD
        self.site.until(lambda: len(self.good.latencies_s) >= enough, "the good nodes are heard")
        worst_ms = 1000 * max(self.good.latencies_s[heard:])
        told = f"{worst_ms:6.0f} ms at worst, gateway at most {self.growth[GATEWAY].peak_mb():5.1f} MB larger so far"
        self.tally.phases[what] = told

    def refused(self, most: int) -> list[queries.Quarantined]:
        """Return the newest of the quarantine."""
        return queries.quarantine(self.folder / GATEWAY / "gateway.db", most=most)


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Measure.

    Args:
        argv: `--scale` of the storms, `--seed` of the noise, `--controls`.
    """
    parser = argparse.ArgumentParser(prog="hostile")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the storms (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the noise (default: %(default)s)")
    parser.add_argument("--controls", type=int, default=len(control.BOMBS), help="bombs for the plain decoders")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="torpor-hostile-") as folder:
        result = _measure(Path(folder), options.scale, options.seed)
    _tell("the plain decoders")
    tried = list(control.BOMBS)[: options.controls]
    exceeded = {name: told for name in tried if (told := control.exceeding(name))}
    return {**result, "control_exceeded": len(exceeded), "controls": len(tried), "control": exceeded}


def show(result: Mapping[str, object]) -> None:
    """Print the result for people."""
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)
            for key, told in value.items():
                print(f"    {key:44} {told}")
        else:
            print(f"{name:20} {value}")


def _measure(folder: Path, scale: float, seed: int) -> Mapping[str, object]:
    tally = Tally()
    with Site(folder, Habits(period_s=0.2)) as site:
        site.start_gateway()
        _poison(folder / VICTIM / "state")
        site.start_node(VICTIM, "-m", "node", "run", "--config")
        site.until(lambda: site.taken().get("records", 0) > 5, "the node's first records are stored")
        grown = {name: Growth(site.pid(name)) for name in (GATEWAY, VICTIM)}
        good = Good(site.broker.port, SITE)
        with good:
            crashes = _attack(Trial(site, folder, good, tally, grown), scale, seed)
        peaks = {name: round(growth.peak_mb(), 1) for name, growth in grown.items()} if not crashes else {}
        told = {} if crashes else _afterwards(site, tally)
    waits_ms = [1000 * each for each in good.latencies_s]
    return {
        "cases": tally.cases,
        "refused": tally.refused,
        "borne": tally.borne,
        "missed": tally.missed,
        "crashes": len(crashes),
        "p99_ms": round(1000 * good.p99_s(), 1),
        "worst_ms": round(max(waits_ms, default=0.0), 1),
        "good_messages": len(waits_ms),
        "unanswered": good.unanswered,
        "rss_growth_mb": max(peaks.values(), default=float("nan")),
        "rss_growth_by": peaks,
        **told,
        "phases": tally.phases,
        "quarantined_by_reason": dict(sorted(tally.reasons.items())),
    }


def _attack(trial: Trial, scale: float, seed: int) -> list[str]:
    """Throw everything; returns what ended by itself, which also ends the trial."""
    now_ms = time.time_ns() // 1_000_000  # noqa: TID251 - what an attacker's clock says
    site, tally = trial.site, trial.tally
    try:
        _forge_to_gateway(trial, now_ms)
        _forge_to_node(trial, now_ms)
        _break_packets(trial)
        trial.send("noise to the gateway", forgeries.noise(SITE, EVIL, now_ms, round(3000 * scale), seed))
        trial.send("noise to the node", forgeries.noise(SITE, VICTIM, now_ms, round(1000 * scale), seed + 1))
        for name, messages in storms.storms(SITE, now_ms, scale).items():
            trial.send(name, messages)
            tally.cases, tally.borne = tally.cases + 1, tally.borne + 1
        before = site.stored(VICTIM).rows.total()
        site.until(lambda: site.stored(VICTIM).rows.total() > before, "the node's records go on being stored")
    except SiteError as error:
        print(error, file=sys.stderr)
        tally.missed.append(str(error).partition("\n")[0])
        return [str(error)]
    return []


def _forge_to_gateway(trial: Trial, now_ms: int) -> None:
    cases = [each for each in forgeries.to_gateway(SITE, EVIL, now_ms) if _fits(each)]
    site = trial.site
    enough = site.taken().get("quarantined", 0) + len(cases)
    trial.send(f"{len(cases)} forgeries to the gateway", ((each.topic, each.payload) for each in cases))
    site.until(lambda: site.taken().get("quarantined", 0) >= enough, "all of it is in quarantine")
    _judge(cases, trial.refused(len(cases)), trial.tally)
    stored = site.stored(EVIL).rows.total()
    if stored:
        trial.tally.missed.append(f"{stored} rows of a forger were stored")


def _fits(case: Case) -> bool:
    """Whether the broker would hand it on."""
    return len(case.topic) + len(case.payload) < _PACKET_BYTES


def _judge(cases: Iterable[Case], quarantined: Sequence[queries.Quarantined], tally: Tally) -> None:
    """Find each case in the quarantine, with its reason."""
    found = {(each.topic, each.payload[:_KEPT_BYTES]): each.reason for each in quarantined}
    for each in cases:
        reason = found.get((each.topic[:_KEPT_BYTES], each.payload[:_KEPT_BYTES]), "")
        tally.cases += 1
        if reason in each.reasons:
            tally.refused += 1
            tally.reasons[reason] = tally.reasons.get(reason, 0) + 1
        else:
            tally.missed.append(f"{each.name}: {reason or 'not in quarantine'}")


def _forge_to_node(trial: Trial, now_ms: int) -> None:
    """Speak to the node in the gateway's place: all of it is counted, and its records flow on."""
    cases = [each for each in forgeries.to_node(SITE, VICTIM, now_ms) if _fits(each)]
    site = trial.site
    enough = site.counter(VICTIM, "messages_refused") + len(cases)
    trial.send(f"{len(cases)} forgeries to a node", ((each.topic, each.payload) for each in cases))
    site.until(lambda: site.counter(VICTIM, "messages_refused") >= enough, "the node has counted all of it")
    trial.tally.cases += len(cases)
    trial.tally.refused += len(cases)


def _break_packets(trial: Trial) -> None:
    broken, tally, port = packets.broken(SITE, EVIL), trial.tally, trial.site.broker.port
    _tell(f"{len(broken)} packets that break MQTT, and a will of garbage")
    for name, packet in broken.items():
        tally.cases += 1
        if packets.is_refused(port, name, packet):
            tally.refused += 1
        else:
            tally.missed.append(f"packet: {name}: the broker did not hang up")
    topic = f"torpor/1/{SITE}/testator/presence"
    packets.leave_a_will(port, topic, b"\xff garbage")
    trial.site.until(lambda: any(each.topic == topic for each in trial.refused(5)), "the will is in quarantine")
    tally.cases, tally.refused = tally.cases + 1, tally.refused + 1


def _afterwards(site: Site, tally: Tally) -> Mapping[str, object]:
    """Look at what is left behind."""
    aside = site.disk(VICTIM).set_aside
    tally.cases += 1
    if aside == 1:
        tally.refused += 1
    else:
        tally.missed.append(f"poison in an outbox: {aside} records set aside, not 1")
    taken = site.taken()
    return {name: taken.get(name, 0) for name in ("messages", "quarantined", "limited", "unsaid")} | {
        "internal": taken.get("quarantined.internal", 0)
    }


def _poison(state: Path) -> None:
    """Leave a record in a node's outbox that no encoder takes, behind and before sound ones."""
    state.mkdir(parents=True)
    outbox = Outbox(state / "outbox.db", OutboxParams(), b"poison", lambda **_: None)  # it is the node that will encode
    for word in ("dry", "d\x00y", "wet"):
        record = Record(
            stream="words", time_ms=1, time_quality=TimeQuality.UNSET, values={"label": word}, critical=True
        )
        outbox.append(record, 0.0)
    outbox.close()


def _tell(what: str) -> None:
    print(what, file=sys.stderr)
