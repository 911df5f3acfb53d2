"""Card: the file beside a model that says what it is, `digits.toml` for `digits.tflite`; what is needed to ask it here.

Nodes have a reader of their own, for parts that are not the gateway's business.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import EscalationError

if TYPE_CHECKING:
    from pathlib import Path


class Head(BaseModel):
    """How the output is read: a classifier's alone."""

    model_config = ConfigDict(frozen=True)
    part: Literal["classes"]
    labels: tuple[str, ...] = ()
    logits: bool = False
    temperature: float = Field(default=1.0, gt=0)


class Card(BaseModel):
    """What is taken from it."""

    model_config = ConfigDict(frozen=True)
    model: str = Field(pattern=r"^[A-Za-z0-9._-]{1,64}@[A-Za-z0-9._-]{1,32}$")
    head: Head


def read(model: Path) -> Card:
    """Read the card beside a model.

    Raises:
        EscalationError: there is none, or it is no classifier's.
    """
    path = model.with_suffix(".toml")
    try:
        return Card.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EscalationError(f"the card {path} cannot be read: {error}; a model needs one beside it") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise EscalationError(f"the card {path} is no classifier's: {where}: {first['msg']}") from error
