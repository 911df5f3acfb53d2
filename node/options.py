"""From a TOML table to a part's frozen `Params`, with every problem at once.

A part declares its options beside its code, as a dataclass whose fields are made by `option`:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Params:
        channel: str = option("the channel to watch")
        delta: float = option("how far it must move", default=0.5, above=0)

`read` turns a table into that, or into problems that name the path, the value and what would be valid. It knows
bool, int, float, str, `Path` (relative to the file that holds it), Literal, tuples of those, `X | None`, nested
dataclasses, and `Spec` (another part, named by its `part` key). It is small because it knows no more.
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from node.errors import Problem

T = TypeVar("T")
Table = Mapping[str, object]
NAME: Final = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What an option is for and what it may be; `tests/test_docs.py` prints the documentation from it.

    Attributes:
        doc: one line for a person, with the unit.
        least: smallest valid number; None for no bound.
        most: largest valid number.
        above: the number must be strictly larger than this.
        pattern: a regular expression that the whole word must match.
        parts: for a `Spec`, the TABLE that its `part` is looked up in.
    """

    doc: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    pattern: str | None = None
    parts: Mapping[str, str] | None = None


def option(  # noqa: PLR0913 - each names one rule
    doc: str,
    *,
    default: object = MISSING,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
    pattern: str | None = None,
    parts: Mapping[str, str] | None = None,
) -> Any:  # as `dataclasses.field`, so that each field keeps its own type
    """Declare one option of a part; without `default` it must be given. The arguments are those of `Rule`."""
    rule = Rule(doc=doc, least=least, most=most, above=above, pattern=pattern, parts=parts)
    if default is MISSING:
        return field(metadata={"rule": rule})
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True, slots=True)
class Spec:
    """A part that was named and whose options were read: ready to be built, not built yet.

    Attributes:
        name: its key in the TABLE.
        target: `module:Class`.
        params: an instance of the part's `Params`; None for its defaults, which then need not be imported yet.
    """

    name: str
    target: str
    params: object | None

    def build(self, *others: object) -> object:
        """Import the part and construct it with its params and what its room hands to each of its parts."""
        from node.parts import load, params_of

        params = params_of(self.target)() if self.params is None else self.params
        return load(self.target)(params, *others)


class Reader:
    """Reads tables into values and keeps every problem on the way.

    It does not raise: a caller looks at `problems` when the whole file was read.
    """

    def __init__(self, base: Path) -> None:
        """Start with no problems.

        Args:
            base: the folder that relative paths are taken from.
        """
        self.base = base
        self.problems: list[Problem] = []

    def complain(self, path: str, message: str) -> None:
        """Keep one problem."""
        self.problems.append(Problem(path, message))

    def read(self, shape: type[T], table: object, path: str, *, extra: frozenset[str] = frozenset()) -> T | None:
        """Read one table.

        Args:
            shape: a dataclass whose fields are options.
            table: what the file holds.
            path: where it stands, for messages.
            extra: keys that belong to somebody else.

        Returns:
            The values, or None where at least one problem was kept.
        """
        if not isinstance(table, Mapping):
            self.complain(path, f"expected a table, got {table!r}")
            return None
        before = len(self.problems)
        known = {each.name: each for each in fields(shape)}  # type: ignore[arg-type]
        self.complain_of_strangers(table, known, path, extra)
        hints = _hints(cast("type", shape))
        found: dict[str, object] = {}
        for name, each in known.items():
            where = f"{path}.{name}" if path else name
            if name in table:
                found[name] = self._value(hints[name], table[name], where, _rule(each))
            elif each.default is MISSING and each.default_factory is MISSING:
                self.complain(where, f"missing; {_rule(each).doc}")
        if len(self.problems) > before:
            return None
        try:
            return shape(**found)
        except ValueError as error:  # a rule that spans two options, stated in __post_init__
            self.complain(path, str(error))
            return None

    def spec(self, parts: Mapping[str, str], table: object, path: str) -> Spec | None:
        """Read a table that names a part, such as `part = "zscore"`, with that part's options beside the name."""
        if not isinstance(table, Mapping):
            self.complain(path, f"expected a table with a `part`, got {table!r}")
            return None
        name = table.get("part")
        if "part" not in table:
            self.complain(f"{path}.part", f"missing; valid: {', '.join(sorted(parts))}")
            return None
        if not isinstance(name, str) or name not in parts:
            self.complain(f"{path}.part", _no_such(name, parts))
            return None
        from node.parts import params_of

        params: object = self.read(params_of(parts[name]), table, path, extra=frozenset({"part"}))
        return None if params is None else Spec(name, parts[name], params)

    def complain_of_strangers(
        self, table: Table, known: Mapping[str, object], path: str, extra: frozenset[str] = frozenset()
    ) -> None:
        """Keep a problem for every key that nobody knows, with the nearest one that somebody does."""
        for key in table:
            if key not in known and key not in extra:
                self.complain(f"{path}.{key}" if path else key, _no_such(key, known))

    def _value(self, hint: object, value: object, path: str, rule: Rule) -> object:
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            inner = [each for each in get_args(hint) if each is not type(None)]
            return self._value(inner[0], value, path, rule)
        if origin is Literal:
            return self._choice(get_args(hint), value, path)
        if origin is tuple:
            return self._several(get_args(hint), value, path, rule)
        if hint is Spec:
            return self.spec(rule.parts or {}, value, path)
        if isinstance(hint, type) and is_dataclass(hint):
            return self.read(hint, value, path)
        return self._scalar(cast("type", hint), value, path, rule)

    def _several(self, inner: Sequence[object], value: object, path: str, rule: Rule) -> object:
        if not isinstance(value, (list, tuple)):
            self.complain(path, f"expected a list, got {value!r}")
            return None
        if inner[-1] is not Ellipsis and len(value) != len(inner):
            self.complain(path, f"expected {len(inner)} entries, got {len(value)}")
            return None
        hints = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(
            self._value(hint, each, f"{path}[{i}]", rule)
            for i, (hint, each) in enumerate(zip(hints, value, strict=True))
        )

    def _choice(self, choices: Sequence[object], value: object, path: str) -> object:
        if value not in choices:
            self.complain(path, f"{value!r} is not one of {', '.join(repr(each) for each in choices)}")
        return value

    def _scalar(self, hint: type, value: object, path: str, rule: Rule) -> object:
        if hint is Path and isinstance(value, str):
            return self.base / Path(value).expanduser()
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
            self.complain(path, f"expected {_called(hint)}, got {value!r}; {rule.doc}")
            return value
        broken = _broken(rule, value)
        if broken:
            self.complain(path, f"{value!r} {broken}; {rule.doc}")
        return value


@cache
def _hints(shape: type) -> Mapping[str, object]:
    """Resolve a shape's annotations once: a board's file reads a dozen tables of one shape at every wake."""
    return get_type_hints(shape)


def _broken(rule: Rule, value: object) -> str:
    if isinstance(value, str):
        outside = rule.pattern is not None and not re.fullmatch(rule.pattern, value)
        return f"does not match {rule.pattern}" if outside else ""
    if not isinstance(value, (int, float)):
        return ""
    if value - value != 0:  # NaN and the infinities, without importing math
        return "is not a finite number"
    if rule.least is not None and value < rule.least:
        return f"is below {rule.least:g}"
    if rule.most is not None and value > rule.most:
        return f"is above {rule.most:g}"
    if rule.above is not None and value <= rule.above:
        return f"must be more than {rule.above:g}"
    return ""


def _rule(each: Field[object]) -> Rule:
    return cast("Rule", each.metadata.get("rule") or Rule(doc=each.name))


def _called(hint: type) -> str:
    return {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "Path": "a path"}.get(
        hint.__name__, hint.__name__
    )


def _no_such(name: object, known: Mapping[str, object]) -> str:
    import difflib  # 5 ms, and only a mistake needs it

    near = difflib.get_close_matches(str(name), known, n=1)
    return f"no {name!r}; " + (f"did you mean {near[0]!r}?" if near else f"valid: {', '.join(sorted(known))}")
