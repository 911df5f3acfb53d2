"""What an option of the gateway may be, in words, from the JSON schema of its configuration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, cast

from tools.reference.markdown import code, table
from tools.reference.options import HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

WORDS: Final = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
BOUNDS: Final = {"exclusiveMinimum": ">", "minimum": ">=", "maximum": "<=", "exclusiveMaximum": "<"}


def model_table(shape: type[BaseModel]) -> str:
    """Return the options of a section as a table."""
    properties = cast("Mapping[str, Mapping[str, object]]", shape.model_json_schema().get("properties", {}))
    return table(HEAD, [_row(name, told) for name, told in properties.items()])


def _row(name: str, told: Mapping[str, object]) -> tuple[str, ...]:
    either = cast("list[Mapping[str, object]]", told.get("anyOf", [told]))
    kind = next(each for each in either if each.get("type") != "null")
    bounds = [f"{sign} {kind[bound]:g}" for bound, sign in BOUNDS.items() if bound in kind]
    bounds += [code(kind["pattern"])] if "pattern" in kind else []
    return code(name), _kind(kind), _default(told), ", ".join(bounds), str(told.get("description", ""))


def _kind(kind: Mapping[str, object]) -> str:
    if "enum" in kind:
        return ", ".join(code(each) for each in cast("list[object]", kind["enum"]))
    if "$ref" in kind:
        return str(kind["$ref"]).rpartition("/")[2]
    return "path" if kind.get("format") == "path" else WORDS.get(str(kind.get("type")), str(kind.get("type")))


def _default(told: Mapping[str, object]) -> str:
    if "default" not in told:
        return "required"
    value = told["default"]
    if value is None:
        return "not given"
    return code(value if isinstance(value, str) else json.dumps(value)) or "empty"
