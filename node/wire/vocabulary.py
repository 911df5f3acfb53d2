"""The vocabulary of messages: what a field of one sort may hold, by name; and how a field is given its key."""

from __future__ import annotations

from dataclasses import field as _field
from typing import TYPE_CHECKING, Any, Final

from node.wire import fields as rules

if TYPE_CHECKING:
    from node.wire.fields import Rule

BOOT_ID_BYTES: Final = 6
"""48 random bits a process start: ten thousand starts of one node meet with a chance of 2e-7."""

BOOT_ID: Final = rules.blob(BOOT_ID_BYTES, BOOT_ID_BYTES)
DIGEST: Final = rules.blob(32, 32)  # SHA-256
SEQ: Final = rules.integer()
COUNT: Final = rules.integer()
TIME_MS: Final = rules.integer(0, rules.MOST_TIME_MS)
QUALITY: Final = rules.integer(0, 2)
NODE: Final = rules.text(r"[a-z0-9-]{1,32}")
STREAM: Final = rules.text(r"[a-z0-9_]{1,32}")
# A model's name becomes part of a file's name at its reader: no separators, nothing that starts with a dot.
MODEL: Final = rules.text(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}")
LABEL: Final = rules.text(r"[^\x00-\x1f\x7f]{1,96}", 96)
TEXT: Final = rules.text()
NOTE: Final = rules.note()
MOST_DATA_BYTES: Final = 65_000
"""Of one field: the payload's 65,536 less room for the others."""

CHUNK: Final = rules.blob(0, MOST_DATA_BYTES)
DATA: Final = rules.blob(1, MOST_DATA_BYTES)
DER: Final = rules.blob(0, 2048)
SECRET: Final = rules.blob(0, 16)

COMMANDS: Final = ("doctor", "identify", "raw", "reboot")
"""What a node may be ordered to do once, as far as it comes with Torpor; other people's commands are beside them."""


def field(key: int, rule: Rule, **options: Any) -> Any:
    """Give a message's field its integer key, and the rule for what it may hold."""
    return _field(metadata={"key": key, "rule": rule}, **options)
