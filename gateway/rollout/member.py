"""One node in a rollout: where it stands there, and what its words and its silence make of that (pure).

    waiting -> offered -> begun -> done            -> returning -> returned
       ^          |         |                             |
       +--(window, battery) |                             +-> stuck
       ^          |         |
       +- boxed <-+---------+-> failed             did it harm, or fell silent over the model
       ^          |         |
       +----------+---------+-> unreached          never heard, or never came to it: says nothing of the model

Patience is counted in wakes that a node promised, of which some are heard and some missed. A node that stays awake is
taken to wake once a minute. Waiting for the network or for its battery is no fault of the model; what a node does with
the model itself and does not come back from is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from gateway.rollout.plan import Limits, Plan, titled
from node.wire.messages import ModelOffer

if TYPE_CHECKING:
    from gateway.rollout.events import Told

MINUTE_MS: Final = 60_000
FAILED: Final = "failed"
SUCCESSFUL: Final = "successful"
SHADOW: Final = "shadow"
ON_LINK: Final = frozenset({"", "init", "download"})
"""Steps of a node's update in which the model has not been touched yet."""


class Phase(StrEnum):
    """Where a node stands."""

    WAITING = "waiting"
    OFFERED = "offered"
    BEGUN = "begun"
    BOXED = "boxed"
    DONE = "done"
    FAILED = "failed"
    UNREACHED = "unreached"
    RETURNING = "returning"
    RETURNED = "returned"
    STUCK = "stuck"


IN_FLIGHT: Final = frozenset({Phase.OFFERED, Phase.BEGUN, Phase.RETURNING})
WAY_BACK: Final = frozenset({Phase.RETURNING, Phase.RETURNED, Phase.STUCK})
ON_THE_WAY: Final = frozenset({Phase.WAITING, Phase.BOXED}) | IN_FLIGHT
SETTLED: Final = frozenset({Phase.DONE, Phase.FAILED, Phase.UNREACHED})
_MAY_FAIL: Final = frozenset({Phase.OFFERED, Phase.BEGUN, Phase.WAITING, Phase.UNREACHED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A node in a rollout. Times are by the rollout's clock, which only runs while the gateway listens.

    Attributes:
        stage: in which it comes.
        home: the model that it had before; None where nobody publishes that.
        phase: where it stands.
        offers: how often it was offered the model.
        is_on_offer: whether it is now; one that took it keeps the offer, lest it forgets that it did.
        attempts: how many of these came to nothing.
        failures: how many of these are held against the model.
        wakes: promised wakes since something went on.
        period_ms: how long it promised to be silent.
        heard_ms: when it was last heard.
        counted_ms: up to when its wakes are counted.
        charge: share of its battery; None where it tells none.
        step: of its update, as it told last; empty where that is about no or another model.
        progress: all that it told of it.
        is_clear: whether it would try this very model; once through with it, it must see the offer withdrawn first.
        reason: why it stands there.
    """

    stage: int
    home: ModelOffer | None = None
    phase: Phase = Phase.WAITING
    offers: int = 0
    is_on_offer: bool = False
    attempts: int = 0
    failures: int = 0
    wakes: int = 0
    period_ms: int = MINUTE_MS
    heard_ms: int = 0
    counted_ms: int = 0
    charge: float | None = None
    step: str = ""
    progress: str = ""
    is_clear: bool = True
    reason: str = ""

    @property
    def is_failing(self) -> bool:
        """Whether it speaks against the model now."""
        return self.failures > 0 and self.phase is not Phase.DONE

    @property
    def is_mute(self) -> bool:
        """Whether it says nothing of the model, for it could not be reached."""
        return self.phase is Phase.UNREACHED and not self.failures

    @property
    def is_loose(self) -> bool:
        """Whether it may yet take the model, though the offer was taken back: it has not woken since, or is at it."""
        is_through = self.step in {"", FAILED, SUCCESSFUL}
        return self.phase is Phase.WAITING and self.offers > 0 and not (is_through and self.wakes)

    @property
    def took_it(self) -> bool:
        """Whether it has the model by this rollout, and not of old."""
        return self.phase is Phase.DONE and self.offers > 0


def standing(member: Member, goal: ModelOffer) -> ModelOffer | None:
    """Return what a node is offered where it stands; None for nothing."""
    if member.is_on_offer:
        return goal
    return member.home if member.phase in WAY_BACK else None


def silence(member: Member, clock_ms: int) -> int:
    """Return how many promised wakes a node has missed; half a period late is not missed yet."""
    return max(int((clock_ms - member.heard_ms) / max(member.period_ms, MINUTE_MS) - 0.5), 0)


def offered(member: Member, clock_ms: int) -> Member:
    """Offer it the model."""
    now = replace(member, phase=Phase.OFFERED, offers=member.offers + 1, is_on_offer=True, step="", reason="")
    return replace(now, wakes=0, counted_ms=clock_ms)


def sent_back(member: Member, clock_ms: int) -> Member:
    """Offer it the model that it had before."""
    member = replace(member, is_on_offer=False)
    if member.home is None:
        return replace(member, phase=Phase.STUCK, reason="what it had before is not among the published models")
    return replace(member, phase=Phase.RETURNING, wakes=0, counted_ms=clock_ms, reason="")


def called_back(member: Member, reason: str) -> Member:
    """Take the offer back, without any blame."""
    return replace(member, phase=Phase.WAITING, is_on_offer=False, wakes=0, reason=reason)


def ended(member: Member, limits: Limits, reason: str, *, is_fault: bool, is_silent: bool = False) -> Member:
    """End an attempt that came to nothing; the offer is taken back."""
    attempts, failures = member.attempts + 1, member.failures + is_fault
    if attempts > limits.retries:
        phase = Phase.FAILED if failures else Phase.UNREACHED
    else:
        phase = Phase.UNREACHED if is_silent and not is_fault else Phase.BOXED
    now = replace(member, phase=phase, is_on_offer=False, attempts=attempts, failures=failures)
    return replace(now, wakes=0, reason=reason)


def heard(member: Member, limits: Limits, clock_ms: int, period_ms: int) -> Member:
    """Take in that a node was heard: a wake, or more where it missed some, unless it is still the same one."""
    before_ms = max(member.period_ms, MINUTE_MS)
    passed = max(round((clock_ms - member.counted_ms) / before_ms), 0)
    if not passed and clock_ms - member.heard_ms < before_ms / 4 and period_ms == member.period_ms:
        return member if member.phase is not Phase.UNREACHED else _back(member, limits)
    return _back(
        replace(
            member,
            wakes=member.wakes + passed,
            counted_ms=clock_ms if passed else member.counted_ms,
            heard_ms=clock_ms,
            period_ms=period_ms,
        ),
        limits,
    )


def _back(member: Member, limits: Limits) -> Member:
    """Let a node that spoke wait for another turn, when its time in the box is over."""
    if member.phase is Phase.UNREACHED and member.attempts <= limits.retries:
        return replace(member, phase=Phase.BOXED if member.failures else Phase.WAITING, wakes=0)
    if member.phase is Phase.BOXED and member.wakes >= limits.box_wakes:
        return replace(member, phase=Phase.WAITING)
    return member


def told(member: Member, plan: Plan, said: Told) -> Member:
    """Take in what a node told of its model."""
    is_ours = said.target == plan.goal.target
    has = said.model == plan.model or (is_ours and said.state == SUCCESSFUL)
    now = replace(
        member,
        step=said.state if is_ours else "",
        progress=said.progress,
        is_clear=not (is_ours and said.state in {FAILED, SUCCESSFUL}),
        wakes=0 if said.progress != member.progress and member.phase is not Phase.BOXED else member.wakes,
    )
    if member.phase in WAY_BACK:
        return _told_on_the_way_back(now, said)
    if has and not (said.broken and said.model and said.model != plan.model):
        return now if member.phase is Phase.DONE else replace(now, phase=Phase.DONE, reason="")
    if member.phase is Phase.DONE and said.broken and said.model:
        return ended(now, plan.limits, f"had it, and answers by {said.model}: {said.broken}", is_fault=True)
    if is_ours and said.state == FAILED and member.is_clear and member.offers and member.phase in _MAY_FAIL:
        return ended(now, plan.limits, said.reason or "it failed, and told no reason", is_fault=True)
    if member.phase is Phase.OFFERED and is_ours and now.is_clear:
        return replace(now, phase=Phase.BEGUN)
    return now


def _told_on_the_way_back(now: Member, said: Told) -> Member:
    if now.home is not None and said.model == titled(now.home):
        return replace(now, phase=Phase.RETURNED, reason="")
    if now.home is not None and said.state == FAILED and said.target == now.home.target:
        return replace(now, phase=Phase.STUCK, reason=said.reason)
    return now


def judged(member: Member, limits: Limits, clock_ms: int) -> Member:
    """End the turn of a node that was silent, or awake in vain, for as many promised wakes as there is patience."""
    most = limits.patience_wakes
    is_silent, is_idle = silence(member, clock_ms) >= most, member.wakes >= most
    if member.phase in {Phase.WAITING, Phase.BOXED} and is_silent:
        return replace(
            member, phase=Phase.UNREACHED, reason=member.reason if member.failures else f"missed {most} promised wakes"
        )
    if member.phase not in IN_FLIGHT or not (is_silent or (is_idle and member.step != SHADOW)):
        return member
    if member.phase is Phase.RETURNING:
        reason = "is silent" if is_silent else f"woke {most} times and did not go back; the offer stands"
        return replace(member, phase=Phase.STUCK, reason=reason)
    is_fault = member.phase is Phase.BEGUN and member.step not in ON_LINK
    return ended(member, limits, _why(member, most, is_silent), is_fault=is_fault, is_silent=is_silent)


def _why(member: Member, most: int, is_silent: bool) -> str:
    if member.phase is Phase.OFFERED:
        return (
            f"missed {most} promised wakes" if is_silent else f"woke {most} times and did not begin; has it [update]?"
        )
    return f"fell silent: {member.progress}" if is_silent else f"no progress in {most} wakes: {member.progress}"
