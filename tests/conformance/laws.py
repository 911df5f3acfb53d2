"""What is law for the parts of every room: how their options, their words and their imports must be.

A room's matrix crosses its TABLE with these and with its own checks, all called `check_*`:

    @pytest.mark.parametrize(("part", "law"), crossed(GATES, PART_LAWS | GATE_LAWS))
    def test_gate_under_law_holds(part, law):
        law(part)

A check takes a `Part` and raises AssertionError where the law is broken; each is shown to fail on a broken part too.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Final, get_type_hints

import pytest

from node.options import Reader, Rule, Spec
from node.parts import load, params_of

HEAVY: Final = ("numpy", "ai_edge_litert", "tflite_runtime", "tensorflow", "paho", "tenacity", "sqlite3")
"""What a cycle that the gate turns down must not have imported."""


@dataclass(frozen=True)
class Part:
    """One entry of a TABLE, with the least that must be given to construct it.

    Attributes:
        name: its key.
        target: `module:Class`.
        table: its room's TABLE.
        given: the options that have no default, and those that make it interesting, as a file would hold them.
    """

    name: str
    target: str
    table: Mapping[str, str] = field(repr=False)
    given: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def made_by(self) -> Callable[..., object]:
        """The class."""
        return load(self.target)

    @property
    def params(self) -> type:
        """Its `Params`."""
        return params_of(self.target)

    def spec(self) -> Spec:
        """Read the given options as a configuration would."""
        reader = Reader(Path())
        spec = reader.spec(self.table, {"part": self.name, **self.given}, self.name)
        assert spec is not None, [str(problem) for problem in reader.problems]
        return spec

    def build(self) -> object:
        """Construct a new one."""
        return self.spec().build()


def parts(table: Mapping[str, str], given: Mapping[str, Mapping[str, object]]) -> list[Part]:
    """List a room's parts with their options; `given` may leave out a part that needs none."""
    return [Part(name, target, table, given.get(name, {})) for name, target in table.items()]


def crossed(all_parts: list[Part], laws: Mapping[str, Callable[[Part], None]]) -> list[object]:
    """Cross parts with laws, for `pytest.mark.parametrize`; each case is called `part:law`."""
    return [pytest.param(part, law, id=f"{part.name}:{name}") for part in all_parts for name, law in laws.items()]


def check_options(part: Part) -> None:
    """Its Params are a frozen, slotted, keyword-only dataclass, and every option says what it is for."""
    params = part.params
    assert is_dataclass(params), f"{params} is no dataclass"
    assert "__setattr__" in vars(params), f"{params} is not frozen"
    assert hasattr(params, "__slots__"), f"{params} has no slots"
    assert all(each.kw_only for each in fields(params)), f"{params} takes positional options"
    for each in fields(params):
        rule = each.metadata.get("rule")
        assert isinstance(rule, Rule), f"{each.name} is not made by option()"
        assert len(rule.doc.split()) >= 3, f"{each.name} is not explained: {rule.doc!r}"


def check_defaults(part: Part) -> None:
    """Its defaults are valid by its own rules: writing them into the file changes nothing."""
    hints = get_type_hints(part.params)
    assert set(hints) >= {each.name for each in fields(part.params)}
    written = {
        each.name: _written(each.default)
        for each in fields(part.params)
        if each.default is not MISSING and each.default is not None
    }
    spoken = Part(part.name, part.target, part.table, {**written, **part.given})
    assert spoken.spec().params == part.spec().params


def _written(default: object) -> object:
    """Return a default as a file would hold it: options within options are a table."""
    return asdict(default) if is_dataclass(default) and not isinstance(default, type) else default


def check_words(part: Part) -> None:
    """Module, class, Params and public methods each say what they are."""
    made = part.made_by
    named = [inspect.getmodule(made), made, part.params]
    named += [each for name, each in inspect.getmembers(made, inspect.isfunction) if not name.startswith("_")]
    for each in named:
        words = inspect.getdoc(each)
        assert words, f"{each} has no docstring"
        # A dataclass without one is given its signature, which says nothing.
        assert not words.startswith(f"{getattr(each, '__name__', '')}("), f"{each} has no docstring"


def check_table(part: Part) -> None:
    """Its name is its file's, so that a person who reads the configuration finds the code."""
    module, _, _ = part.target.partition(":")
    assert module.rpartition(".")[2] == part.name, f"{part.name} lives in {module}"


PART_LAWS: Final[dict[str, Callable[[Part], None]]] = {
    "options": check_options,
    "defaults": check_defaults,
    "words": check_words,
    "table": check_table,
}


def heavy_after(program: str, heavy: tuple[str, ...] = HEAVY) -> set[str]:
    """Run a program in an interpreter of its own.

    Args:
        program: Python source.
        heavy: top-level modules that it should not import.

    Returns:
        Those of them that it did import.
    """
    ending = f"\nimport sys; print('\\n'.join(set(sys.modules) & set({heavy!r})))"
    done = subprocess.run(
        [sys.executable, "-c", program + ending], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def built_in_turn(all_parts: list[Part]) -> str:
    """Return a program that constructs every one of the parts from the options given, importing nothing else."""
    tables = [(part.target.partition(":")[0], part.name, dict(part.given)) for part in all_parts]
    room = tables[0][0].rpartition(".")[0]
    return "\n".join(
        [
            "from pathlib import Path",
            "from node.options import Reader",
            f"from {room} import TABLE",
            f"for _, name, given in {tables!r}:",
            "    Reader(Path()).spec(TABLE, {'part': name, **given}, name).build()",
        ]
    )
