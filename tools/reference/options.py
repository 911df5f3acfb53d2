"""What an option may be, in words, from the rule beside it (`node.options`)."""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

from node.options import Rule, Spec
from tools.reference.markdown import code, table

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD: Final = ("option", "is", "default", "valid", "meaning")
WORDS: Final = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}


def option_table(shape: type) -> str:
    """Return the options of a dataclass as a table; a sentence where it has none."""
    rows = list(option_rows(shape))
    return table(HEAD, rows) if rows else "No options."


def option_rows(shape: type, prefix: str = "") -> Iterator[tuple[str, ...]]:
    """Return a row for each option; a nested table's options follow under its name and a dot."""
    hints = get_type_hints(shape)
    for each in fields(shape):
        hint = _inner(hints[each.name])
        name = f"{prefix}{each.name}"
        if isinstance(hint, type) and is_dataclass(hint) and hint is not Spec:
            yield from option_rows(hint, f"{name}.")
            continue
        if _rows_of(hint):
            yield from option_rows(_rows_of(hint)[0], f"{name}[].")
            continue
        rule = cast("Rule", each.metadata.get("rule") or Rule(doc=""))
        yield code(name), kind(hint), _default(each), _valid(rule), rule.doc


def kind(hint: object) -> str:
    """Return a type in words.

    >>> kind(float), kind(tuple[str, ...]), kind(Literal["up", "down"])
    ('number', 'list of text', '`up`, `down`')
    """
    hint = _inner(hint)
    if get_origin(hint) is Literal:
        return ", ".join(code(each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        inside = get_args(hint)
        return f"list of {kind(inside[0])}" if inside[-1] is Ellipsis else f"list of {len(inside)}: {kind(inside[0])}"
    if hint is Spec:
        return "table with a `part`"
    return WORDS.get(cast("type", hint), str(hint))


def _rows_of(hint: object) -> list[type]:
    """Return the dataclass that a list holds, alone in a list; none for any other type."""
    inside = get_args(hint)[:1] if get_origin(hint) is tuple else ()
    return [each for each in inside if isinstance(each, type) and is_dataclass(each) and each is not Spec]


def _inner(hint: object) -> object:
    """Take the `| None` off."""
    if get_origin(hint) in {Union, types.UnionType}:
        return next(each for each in get_args(hint) if each is not type(None))
    return hint


def _default(each: Field[object]) -> str:
    if each.default is MISSING and each.default_factory is MISSING:
        return "required"
    value = each.default if each.default_factory is MISSING else each.default_factory()
    if value is None:
        return "not given"
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, tuple):
        return code(f"[{', '.join(map(str, value))}]")
    return code(value) or "empty"


def _valid(rule: Rule) -> str:
    bounds = (
        f"> {rule.above:g}" if rule.above is not None else "",
        f">= {rule.least:g}" if rule.least is not None else "",
        f"<= {rule.most:g}" if rule.most is not None else "",
        code(rule.pattern or ""),
        f"one of {', '.join(map(code, rule.parts))}" if rule.parts else "",
    )
    return ", ".join(each for each in bounds if each)
