"""An option's rule, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from node.options import Spec, option
from tools.reference.models import model_table
from tools.reference.options import option_rows, option_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A nested table."""

    gain: float = option("how much", default=1.0, above=0.0, most=8.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """One option of each kind."""

    channel: str = option("which", pattern="[a-z]+")
    side: Literal["up", "down"] = option("where", default="up")
    names: tuple[str, ...] = option("these", default=())
    limit: int | None = option("at most", default=None, least=1)
    quiet: bool = option("say nothing", default=False)
    inner: Inner = option("more", default=Inner())
    rows: tuple[Inner, ...] = option("several", default=())
    engine: Spec = option("another part", parts={"b": "m:B", "a": "m:A"})


class Section(BaseModel):
    """A section of the gateway's."""

    port: Annotated[int, Field(ge=1, le=65535)] = Field(default=1883, description="where")
    file: str | None = Field(default=None, description="which", pattern="^x")
    mode: Literal["a", "b"] = Field(description="how")


def test_rows_of_a_dataclass_say_type_default_bounds_and_meaning() -> None:
    """One row an option, nested ones with their path, in the order of the source."""
    assert list(option_rows(Outer)) == [
        ("`channel`", "text", "required", "`[a-z]+`", "which"),
        ("`side`", "`up`, `down`", "`up`", "", "where"),
        ("`names`", "list of text", "`[]`", "", "these"),
        ("`limit`", "whole number", "not given", ">= 1", "at most"),
        ("`quiet`", "true or false", "`false`", "", "say nothing"),
        ("`inner.gain`", "number", "`1.0`", "> 0, <= 8", "how much"),
        ("`rows[].gain`", "number", "`1.0`", "> 0, <= 8", "how much"),
        ("`engine`", "table with a `part`", "required", "one of `b`, `a`", "another part"),
    ]


def test_table_of_a_part_without_options_says_so() -> None:
    """An empty table would look like a mistake."""

    @dataclass(frozen=True)
    class Nothing:
        """Nothing to set."""

    assert option_table(Nothing) == "No options."


def test_table_of_a_section_says_the_same_of_the_gateway() -> None:
    """The gateway's options come from its JSON schema, in the same columns."""
    rows = model_table(Section).splitlines()[2:]
    assert rows == [
        "| `port` | whole number | `1883` | >= 1, <= 65535 | where |",
        "| `file` | text | not given | `^x` | which |",
        "| `mode` | `a`, `b` | required |  | how |",
    ]
