"""Card: the file beside a model that says what it is, `digits.toml` for `digits.tflite`.

A node takes from it the model's name, its digest and how to read its output, so that a configuration need only name
the model. What else stands in it (the features it was trained on, what it reached) is for people and tools.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from node.errors import ModelError
from node.infer.heads import TABLE as HEADS
from node.options import Reader, Spec, option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a node takes from it."""

    model: str = option("its name, `name@version`", pattern=r"[A-Za-z0-9._-]{1,64}@[A-Za-z0-9._-]{1,32}")
    sha256: str = option("digest of the model file, in hex", pattern=r"[0-9a-f]{64}")
    head: Spec = option("what to make of its output", parts=HEADS)


def card_of(model: Path) -> Card | None:
    """Read the card beside a model, and check that it is that model's.

    Args:
        model: the model file.

    Returns:
        The card; None where there is none.

    Raises:
        ModelError: the card cannot be read, or the model is another than the one it describes.
    """
    path = model.with_suffix(".toml")
    if not path.exists():
        return None
    card = _read(path)
    found = digest_of(model)
    if found != card.sha256:
        raise ModelError(
            f"{model} is not the model of {path.name}: sha256 {found[:8]}, not {card.sha256[:8]}; fetch it again"
        )
    return card


def digest_of(model: Path) -> str:
    """Return a file's SHA-256 in hex.

    Raises:
        ModelError: it cannot be read.
    """
    try:
        with model.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read the model {model}: {error.strerror}; check infer.model") from error


def _read(path: Path) -> Card:
    import tomllib

    reader = Reader(path.parent)
    try:
        table: Mapping[str, object] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"cannot read the model's card {path}: {error}") from error
    card = reader.read(Card, table, "", extra=frozenset(table))
    if card is None:
        raise ModelError(f"the model's card {path} is wrong: {'; '.join(map(str, reader.problems))}")
    return card
