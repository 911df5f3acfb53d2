"""The lines of a TOML table that a person is to fill in, from the options that it may hold.

What must be given stands as an empty text, which no check lets pass; what may be given stands behind a `#` with its
default. So a scaffold cannot fall behind its schema, and is refused until somebody filled it in.
"""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import TYPE_CHECKING, Final, Literal, Union, cast, get_args, get_origin, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from node.options import Rule

FIRST: Final = ("id", "name", "kind", "driver")
"""What a reader wants to see before the rest."""


def table(head: str, shape: type, given: Mapping[str, object], inner: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield a table's lines.

    Args:
        head: as it is written, `[board]` or `[[state]]`.
        shape: the dataclass that the table is read into.
        given: values that are known already.
        inner: tables inside that may be left out, and shall not be.
    """
    hints = get_type_hints(shape)
    inside = {each.name: _dataclass(hints[each.name]) for each in fields(shape)}
    yield head
    for each in sorted((each for each in fields(shape) if not inside[each.name]), key=_rank):
        yield _line(each, hints[each.name], given)
    yield ""
    for each in fields(shape):
        found = inside[each.name]
        if found and (each.default is MISSING or each.name in inner):
            yield from table(f"[{head.strip('[]')}.{each.name}]", found, {})


def commented(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines that TOML does not see; what was a comment stays one when the first `#` is taken away."""
    for line in lines:
        yield f"# {line}" if line else ""


def _line(each: Field[object], hint: object, given: Mapping[str, object]) -> str:
    doc = cast("Rule", each.metadata["rule"]).doc
    if get_origin(hint) is Literal:
        doc = f"{doc}: {', '.join(map(str, get_args(hint)))}"
    if each.name in given:
        return f"{each.name} = {_toml(given[each.name])}"
    if each.default is MISSING:
        return f'{each.name} = ""  # {doc}'
    return f"# {each.name} = {_toml(_example(each.default, hint))}  # {doc}"


def _rank(each: Field[object]) -> tuple[bool, int]:
    """Names first, then what must be given, in the schema's order."""
    return each.default is not MISSING, FIRST.index(each.name) if each.name in FIRST else len(FIRST)


def _example(default: object, hint: object) -> object:
    return default if default is not None else ("" if str in get_args(hint) else 0)


def _dataclass(hint: object) -> type | None:
    """Return the dataclass of a table inside, or of a list of tables; none for a value."""
    inside = get_args(hint) if get_origin(hint) in {Union, types.UnionType, tuple} else (hint,)
    return next((each for each in inside if isinstance(each, type) and is_dataclass(each)), None)


def _toml(value: object) -> str:
    """Return a value as TOML writes it.

    >>> _toml("a"), _toml(0.5), _toml(True), _toml(("rtc", "gpio"))
    ('"a"', '0.5', 'true', '["rtc", "gpio"]')
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple | list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    return f"{value}"
