"""The inbox: what the gateway wishes, with the policy in it; a version that was taken is never taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from node.transmit.inbox import Inbox
from node.wire import codec
from node.wire.messages import Desired
from tools.powercut.subjects.replaced import DAMAGED, Replaced

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "desired.cbor"
POLICY_BYTES: Final = 1200


def _write(folder: Path, version: int) -> None:
    wish = Desired(version=version, policy=bytes([version % 256]) * POLICY_BYTES)
    inbox = Inbox(folder / FILE)
    inbox.receive("desired", codec.encode(wish))
    assert inbox.pending() == wish, "only what is stored is handed out"


def _read(folder: Path) -> int:
    inbox = Inbox(folder / FILE)
    if inbox.counters["malformed"]:
        return DAMAGED
    wish = inbox.pending()
    if wish is None:
        return 0
    return wish.version if wish.policy == bytes([wish.version % 256]) * POLICY_BYTES else DAMAGED


DESIRED: Final = Replaced(name="desired", write=_write, read=_read)
