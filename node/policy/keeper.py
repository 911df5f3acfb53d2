"""The keeper: a node's policies, verified, written down, and only then in force.

Verifying takes a library of 44 ms and 16 MB, so an envelope is looked at once a start; one that was accepted is not
looked at again. What cannot be written does not count: after a power cut nobody would know that it had been accepted.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from node import durable
from node.policy import standing
from node.policy.standing import Standing, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from node.config import Config
    from node.hal import Clock
    from node.wire.messages import Value
    from node.wire.policy import Trust, Verify

log = logging.getLogger(__name__)

FILE: Final = "policy.json"
_LONGEST: Final = 200


class Keeper:
    """Keeps the policies of one node.

    Attributes:
        refused: why the newest envelope was not accepted, or why none can be; empty where all is well.
    """

    def __init__(self, config: Config, folder: Path, clock: Clock, verify: Verify | None = None) -> None:
        """Read what the last start left.

        Args:
            config: as the operator wrote it, with a `[policy]`.
            folder: where the file is kept.
            clock: with its quality.
            verify: the key's arithmetic; None for that of `node.wire.ed25519`.
        """
        assert config.policy, "a node without the section has no keeper"
        self._params = config.policy
        self._who = config.node
        self._path = folder / FILE
        self._verify = verify
        self._judged = b""
        self._is_readable = True
        self.refused = ""
        self._standing = self._stored()
        self._watch = Watch(clock, self._standing.floor_ms)
        self.look()

    @property
    def counter(self) -> int:
        """Of the policy in force; 0 for none."""
        return self._standing.current.counter if self._standing.current else 0

    @property
    def newest(self) -> int:
        """The highest that was accepted, in force or not; 0 for none."""
        return max(self._standing.counter, 0)

    @property
    def group(self) -> str:
        """By which the node may be addressed; empty for none."""
        return self._params.group

    @property
    def settings(self) -> Mapping[str, Value]:
        """What the policy in force asks, as it was signed."""
        return self._standing.current.settings if self._standing.current else {}

    @property
    def told(self) -> dict[str, str]:
        """What an operator should know of policies that are not in force."""
        told = {"policy": self.refused, "lapse": self._standing.lapse}
        return {name: reason for name, reason in told.items() if reason}

    def hear(self, envelope: bytes) -> None:
        """Judge an envelope; what is accepted and written down is in force from now on."""
        if not envelope or envelope == self._judged or not self._is_readable:
            return
        self._judged = envelope
        digest = hashlib.sha256(envelope).hexdigest()
        if digest == self._standing.digest:
            return
        try:
            accepted = self._accepted(envelope, digest)
        except ValueError as error:  # WireError is one
            self._refuse(str(error))
            return
        if self._keep(accepted):
            self.refused = ""
            log.info("policy %d is in force", accepted.counter)
        else:
            self._judged = b""  # the disk may take it the next time

    def heard(self) -> None:
        """Note a word of the gateway under what is in force."""
        self._turn(standing.heard(self._standing))

    def look(self) -> None:
        """Let what is over, or has cut the node off, give way."""
        before = self._standing
        self._turn(standing.looked(before, self._watch.now_ms(), self._params.contact_s))
        if self._standing.current != before.current:
            log.warning("%s", self._standing.lapse)

    def _accepted(self, envelope: bytes, digest: str) -> Standing:
        """Return the standing with a policy in it, if this node is to follow it.

        Raises:
            ValueError: with the reason for which it is refused.
        """
        from node.wire import ed25519, policy

        now_ms = self._watch.now_ms()
        accepted = policy.accept(envelope, self._trust(now_ms), self._verify or ed25519.verify)
        return standing.taken(self._standing, accepted, digest, now_ms)

    def _trust(self, now_ms: int) -> Trust:
        from node.wire import policy

        return policy.Trust(
            keys=self._pinned(),
            audiences=policy.audiences(self._who.site, self._who.name, self._params.group),
            counter=self._standing.counter,
            now_ms=now_ms,
        )

    def _pinned(self) -> dict[bytes, bytes]:
        return _keys(self._params.keys)

    def _turn(self, turned: Standing) -> None:
        """Be of another standing; one that the disk refuses is lived all the same, and tried again."""
        if turned != self._standing and not self._keep(turned):
            self._standing = turned

    def _keep(self, kept: Standing) -> bool:
        """Write a standing down and be of it; whether the disk took it."""
        end_ms = max(standing.end_ms(self._standing), standing.end_ms(kept))
        kept = replace(kept, floor_ms=self._watch.next_floor_ms(end_ms))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            durable.write(self._path, json.dumps(standing.memory(kept)).encode())
        except OSError as error:
            self._refuse(f"{self._path} cannot be written: {error.strerror}; free the disk or replace it")
            return False
        self._standing = kept
        return True

    def _refuse(self, reason: str) -> None:
        self.refused = reason[:_LONGEST]
        log.warning("policy refused: %s", self.refused)

    def _stored(self) -> Standing:
        """Read the standing back. One that cannot be read is no first start: what it had accepted could come again."""
        try:
            return standing.recalled(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return Standing()
        except (OSError, ValueError, AttributeError) as error:
            self._is_readable = False
            self._refuse(f"{self._path} cannot be read ({error}); no policy is followed until it is removed")
            return Standing()


def _keys(path: Path) -> dict[bytes, bytes]:
    """Return the keys of a file, by their ids.

    Raises:
        ValueError: it is not as it should be; the message says what, and what to do.
    """
    from node.wire import ed25519

    try:
        lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="ascii").splitlines()]
        keys = [bytes.fromhex(line) for line in lines if line]
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; copy the gateway's policy.pub there") from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}; one key of 64 hexadecimal digits a line belongs there") from error
    if not keys or any(len(key) != ed25519.KEY_BYTES for key in keys):
        raise ValueError(f"{path}: one key of 64 hexadecimal digits a line belongs there")
    return {ed25519.key_id(key): key for key in keys}
