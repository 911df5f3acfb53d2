"""The house's law of imports, read from its source: who may see whom.

Each law is a pure function from imports to broken ones, so that the controls below can hand it a module that breaks
it. An exception needs an entry in ALLOWED, with its reason.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.imports import ROOMS, ROOT, Import, When, all_imports, imports_of, sources, within

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STAGES: Final = tuple(
    f"node.{name}" for name in ("sense", "gate", "preprocess", "infer", "compress", "transmit", "sleep")
)
CONTRACT: Final = (
    "node.values",
    "node.hal",
    "node.bed",
    "node.errors",
    "node.options",
    "node.parts",
    "node.lazy",
    "node.durable",
    "node.wal",
)
HEAVY: Final = (
    *("numpy", "paho", "tenacity", "ai_edge_litert", "tflite_runtime", "zstandard", "pcodec", "sqlite3"),
    *("cryptography", "tuf"),
)

ALLOWED: Final = {
    ("gateway.identity.files", "node.durable"): "one way to write a file that a power cut leaves whole, for both peers",
    ("gateway.opened", "node.wal"): "one way to believe a log whose disk erred, for both peers",
    ("gateway.store.database", "node.wal"): "as above",
    ("gateway.push.sweep", "node.update.eviction"): "one rule of what goes when there is no more room, for both peers",
    ("gateway.__main__", "node.journal"): "one way to write into systemd's journal, for both peers",
    ("node.hal", "boards"): "a node meets its board by a name, late, which another distribution may serve",
}
"""(importer, wanted room or module): why it may."""

BUILDERS: Final = {
    "node.app": "the composition root",
    "node.update.stand_in": "it is an engine over other engines, one a slot",
    "node.downlink": "a command is built when it is ordered, by the configuration of that moment",
    "node.setup.doctor": "it tries one sensor after another, outside of any cycle",
    "node.setup.trial": "it shows a model at the desk what the field will show it",
}
"""What outside the rooms may build a part, and why. A room builds the parts that its own parts are made of."""

LIBRARIES: Final = {
    "node.wire": {"cbor2"},
    "node.wire.bounded": {"cbor2", "zstandard"},
    "node.wire.ed25519": {"cryptography"},
    "node.wire.coding": {"cbor2", "zstandard", "pcodec", "numpy"},
    "node.sense": {"numpy", "serial", "gpiozero", "PIL"},
    "node.gate": set[str](),
    "node.preprocess": {"numpy"},
    "node.infer": {"numpy", "ai_edge_litert", "tflite_runtime"},
    "node.compress": {"numpy", "zstandard", "pcodec", "cbor2"},
    "node.transmit": {"paho", "tenacity", "cbor2"},
    "node.sleep": set[str](),
    "node.update": {"numpy", "tuf"},
    "node": {"numpy"},
    "boards": {"numpy", "serial", "gpiozero"},
}
"""What each room of a node may ask of others; the longest name counts. The gateway and the tools have extras."""


def _allowed(each: Import) -> bool:
    return any(each.importer == importer and each.wants(target) for importer, target in ALLOWED)


def _room_law(imports: Sequence[Import]) -> list[Import]:
    """One direction, tools -> {gateway, boards} -> node, and doors: node.wire for the gateway, the ports for boards."""
    doors = {
        "node": ("node",),
        "boards": ("boards", *CONTRACT),
        "gateway": ("gateway", "node.wire"),
        "tools": ROOMS,
    }
    return [
        each
        for each in imports
        if each.wants(*ROOMS, "tests")
        and not each.wants(*doors[each.importer.partition(".")[0]])
        and not _allowed(each)
    ]


def _wire_law(imports: Sequence[Import]) -> list[Import]:
    """node.wire stands below both peers: it sees only itself, and other people's coders late, in coding/ alone."""
    inside = [each for each in imports if within(each.importer, "node.wire")]
    return [
        each
        for each in inside
        if (each.wants(*ROOMS) and not each.wants("node.wire"))
        or (each.library not in {"", "cbor2"} and each.when is When.AT_ONCE)
    ]


def _contract_law(imports: Sequence[Import]) -> list[Import]:
    """The contracts know one another and the wire, never a stage."""
    return [
        each
        for each in imports
        if within(each.importer, *CONTRACT) and each.wants("node") and not each.wants(*CONTRACT, "node.wire")
    ]


def _stage_law(imports: Sequence[Import]) -> list[Import]:
    """Stages never import one another, not even for types, nor what stands above them: they meet in cycle.py."""
    broken = []
    for each in imports:
        stage = next((room for room in STAGES if within(each.importer, room)), None)
        if stage and each.wants("node") and not each.wants(stage, *CONTRACT, "node.wire"):
            broken.append(each)
    return broken


def _meeting_law(imports: Sequence[Import]) -> list[Import]:
    """cycle.py alone knows two stages; app.py constructs them, config.py reads their options. Types are free."""
    knows: dict[str, set[str]] = {}
    broken = []
    for each in imports:
        stage = next((room for room in STAGES if each.wants(room)), None)
        outside = within(each.importer, "node") and not within(each.importer, *STAGES)
        if stage is None or not outside or each.when is When.NEVER:
            continue
        known = knows.setdefault(each.importer, set())
        known.add(stage)
        if len(known) > 1 and each.importer not in {"node.cycle", "node.app", "node.config"}:
            broken.append(each)
    return broken


def _library_law(imports: Sequence[Import]) -> list[Import]:
    """A room asks for no library but those of its row."""
    broken = []
    for each in imports:
        room = max((name for name in LIBRARIES if within(each.importer, name)), key=len, default=None)
        if room and each.library and each.library not in LIBRARIES[room]:
            broken.append(each)
    return broken


def _mock_law(imports: Sequence[Import]) -> list[Import]:
    """Fakes that behave, or real parts: nobody imports a mock."""
    return [each for each in imports if each.wants("unittest.mock", "mock")]


CONTROLS: Final = {
    "gateway sees the node": (_room_law, "gateway.ingest.intake", "from node.values import Record"),
    "node sees the gateway": (_room_law, "node.cycle", "def late():\n    import gateway.store"),
    "boards see a stage": (_room_law, "boards.linux", "from node.sense import Sensor"),
    "anyone sees the tools": (_room_law, "boards.sim", "import importlib\nimportlib.import_module('tools.bench')"),
    "a table names a stranger": (_stage_law, "node.sense", "TABLE = {'x': 'node.gate.level:Level'}"),
    "product sees the tests": (_room_law, "tools.bench.wire", "from tests.broker import Broker"),
    "wire sees values": (_wire_law, "node.wire.codec", "from node.values import Record"),
    "wire loads zstd at once": (_wire_law, "node.wire.coding.general", "import zstandard"),
    "contract sees a stage": (_contract_law, "node.values", "from node.gate import Gate"),
    "stage sees a stage": (_stage_law, "node.gate.level", "from node.sense import Sensor"),
    "stage sees a stage's types": (
        _stage_law,
        "node.infer.rules",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from node.gate import Gate",
    ),
    "stage sees the cycle": (_stage_law, "node.sleep.ledger", "from .. import cycle"),
    "health knows two stages": (_meeting_law, "node.health", "import node.gate\nimport node.infer"),
    "gate computes with numpy": (_library_law, "node.gate.zscore", "from node.lazy import lazy\nnp = lazy('numpy')"),
    "a mock": (_mock_law, "tests.node.test_cycle", "from unittest.mock import MagicMock"),
}
"""What breaks each law: (law, importer, source)."""

LAWS: Final = (_room_law, _wire_law, _contract_law, _stage_law, _meeting_law, _library_law)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.strip("_"))
def test_imports_of_the_house_keep_the_law(law: Callable[[Sequence[Import]], list[Import]]) -> None:
    """Every import of node, gateway, boards and tools is one that the law allows."""
    assert not [str(each) for each in law(all_imports(*ROOMS))], law.__doc__


def test_imports_of_mocks_are_nowhere() -> None:
    """Neither the product nor its tests replace a part by a mock."""
    assert not _mock_law(all_imports(*ROOMS, "tests"))


@pytest.mark.parametrize("case", CONTROLS)
def test_imports_that_break_the_law_are_caught(case: str) -> None:
    """Negative control: each law catches a module that breaks it."""
    law, importer, source = CONTROLS[case]
    assert law(imports_of(importer, source)), f"{law.__name__} overlooks it"


def test_allowed_exceptions_are_all_in_use() -> None:
    """An exception that nobody uses any more is taken off the list."""
    imports = all_imports(*ROOMS)
    used = {key for key in ALLOWED for each in imports if each.importer == key[0] and each.wants(key[1])}
    assert used == set(ALLOWED)


def _builds(source: str) -> bool:
    """Whether a module builds parts: from a `Spec`."""
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return any(isinstance(each, ast.Attribute) and each.attr == "build" for each in calls)


def test_parts_are_built_by_the_composition_root_alone() -> None:
    """Outside the rooms, nobody but app.py turns a specification into a part; exceptions have their reason."""
    outside = {name: path for name, path in sources("node").items() if not within(name, *STAGES, "node.wire")}
    assert {name for name, path in outside.items() if _builds(path.read_text())} == set(BUILDERS)


def test_module_that_builds_parts_is_caught() -> None:
    """Negative control: a cycle that built its engine would be seen."""
    assert _builds("def run(config):\n    return config.infer.build().infer(None, None)")


def test_modules_before_a_verdict_load_no_heavy_library() -> None:
    """The loop, the configuration's reader and every gate start without numpy, the ML runtime, paho or SQLite."""
    gates = [module for module in sources("node/gate") if module != "node.gate.missing"]
    script = f"""
import importlib, sys
for name in {["node.__main__", "node.cycle", "node.config", *gates]}:
    importlib.import_module(name)
print(*(name for name in {HEAVY} if name in sys.modules))
"""
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).split() == []
