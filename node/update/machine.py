"""The steps of an update, and what follows on what. Pure: `(update, event) -> update`.

    idle -> init -> download -> verify -> install -> selftest -> shadow -> commit -> successful
              |        ^          |          |          |          |
              |        +--(again)-+          +----------+----------+-> rollback -> failed(reason)
              +-> failed(reason)

The words are those of Mender and thin-edge. `init` finds the model in signed metadata, `shadow` lets it answer beside
the old one. Waiting for the network is no failure, however long it takes. What is tried off the network is counted
before it is tried, on disk: a step that takes the whole node down, by a crash or by the power that it draws, is not
tried for ever. On probation each window is an attempt, taken back when it was answered: what is left counts the deaths.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

MOST_ATTEMPTS: Final = 3
"""How often a step may be begun before the update is given up."""
MOST_ROUNDS: Final = 3
"""How often a file may arrive that is not the one that was wanted."""


class Step(StrEnum):
    """What is to be done next; the last two and the first are ends."""

    IDLE = "idle"
    INIT = "init"
    DOWNLOAD = "download"
    VERIFY = "verify"
    INSTALL = "install"
    SELFTEST = "selftest"
    SHADOW = "shadow"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    SUCCESSFUL = "successful"
    FAILED = "failed"


ON_LINK: Final = frozenset({Step.INIT, Step.DOWNLOAD})
OFF_LINK: Final = frozenset({Step.VERIFY, Step.INSTALL, Step.SELFTEST, Step.COMMIT, Step.ROLLBACK})
NEXT: Final = {
    Step.INIT: Step.DOWNLOAD,
    Step.DOWNLOAD: Step.VERIFY,
    Step.VERIFY: Step.INSTALL,
    Step.INSTALL: Step.SELFTEST,
    Step.SELFTEST: Step.SHADOW,
    Step.SHADOW: Step.COMMIT,
    Step.COMMIT: Step.SUCCESSFUL,
    Step.ROLLBACK: Step.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Where an update stands.

    Attributes:
        step: what is to be done next.
        target: the path of the model's target; empty while idle.
        digest: of the model as the offer names it, in hex; a hint, for `init` asks the metadata.
        attempts: how often the step was begun, and did not come to its end.
        rounds: how often the file arrived.
        detours: how often a delta did not lead to the model.
        reason: why it failed, or what it waits for.
        shown: windows that both models answered.
        agreed: those in which they agreed.
        since_ms: when the step began.
    """

    step: Step = Step.IDLE
    target: str = ""
    digest: str = ""
    attempts: int = 0
    rounds: int = 0
    detours: int = 0
    reason: str = ""
    shown: int = 0
    agreed: int = 0
    since_ms: int = 0


def offered(update: Update, target: str, digest: str, now_ms: int) -> Update:
    """Begin with another model; the same one again changes nothing.

    An offer that is withdrawn ends what is under way, and takes back a failure, so that it can be offered anew.
    """
    if (target, digest) == (update.target, update.digest) or update.step is Step.COMMIT:
        return update
    if not target:
        return Update()
    return Update(step=Step.INIT, target=target, digest=digest, since_ms=now_ms)


def waits(update: Update, reason: str) -> Update:
    """Stay, and say what for."""
    return replace(update, reason=reason)


def tried(update: Update) -> Update:
    """Count the beginning of a step; one that was begun too often is given up."""
    if update.attempts >= MOST_ATTEMPTS and update.step not in {Step.COMMIT, Step.ROLLBACK}:
        return failed(update, f"{update.step} did not come to its end in {update.attempts} attempts")
    return replace(update, attempts=update.attempts + 1)


def done(update: Update, now_ms: int) -> Update:
    """Go on to the next step."""
    ends = NEXT[update.step]
    reason = update.reason if ends is Step.FAILED else ""
    return replace(update, step=ends, attempts=0, reason=reason, since_ms=now_ms)


def failed(update: Update, reason: str) -> Update:
    """Give up; what stands on disk of it is taken back first."""
    return replace(update, step=Step.ROLLBACK, attempts=0, reason=reason)


def again(update: Update, reason: str, now_ms: int) -> Update:
    """Fetch anew what arrived and was not what was wanted; not for ever."""
    if update.rounds + 1 >= MOST_ROUNDS:
        return failed(update, reason)
    return replace(update, step=Step.DOWNLOAD, attempts=0, rounds=update.rounds + 1, reason=reason, since_ms=now_ms)


def detour(update: Update, reason: str, now_ms: int) -> Update:
    """Go back for the model itself: the delta did not lead to it. That happens once, and is no fault of the model."""
    return replace(update, step=Step.DOWNLOAD, attempts=0, detours=update.detours + 1, reason=reason, since_ms=now_ms)


def compared(update: Update, *, shown: int, agreed: int) -> Update:
    """Count windows that both models answered; that they did takes back this attempt, and none that was before it."""
    return replace(
        update, attempts=max(0, update.attempts - 1), shown=update.shown + shown, agreed=update.agreed + agreed
    )


def judged(update: Update, *, windows: int, after_s: float, agreement: float, now_ms: int) -> Update:
    """End the probation where it has lasted long enough.

    Args:
        update: in `shadow`.
        windows: that are enough.
        after_s: after which fewer are.
        agreement: share in which both must have agreed.
        now_ms: the time; a clock that was set meanwhile only makes it longer or shorter.
    """
    if update.shown < windows and (not update.shown or now_ms - update.since_ms < after_s * 1000.0):
        return update
    if update.agreed < agreement * update.shown:
        return failed(update, f"agreed with the old model in {update.agreed} of {update.shown} windows")
    return done(update, now_ms)
