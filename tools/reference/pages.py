"""One page a package, each made of sections; a section is a heading and what follows from the code."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Final, cast, get_args, get_type_hints

from boards import board_ids, load_board, meters
from boards.fittings import Fittings
from boards.schema import Boot, Identity, State
from gateway.counters import COUNTERS as GATEWAY_COUNTERS
from node.health import COUNTERS
from node.infer import card
from node.options import Spec
from node.parts import params_of
from node.wire import topics
from node.wire.messages import Message
from node.wire.quantities import QUANTITIES
from tools.reference.api import api_text
from tools.reference.classes import error_table
from tools.reference.markdown import code, first_line, table
from tools.reference.models import model_table
from tools.reference.options import option_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pydantic import BaseModel

    from boards.schema import BoardData

TABLES: Final = {"`[board]`": Identity, "`[[state]]`": State, "`[boot]`": Boot, "The other tables": Fittings}
ROOMS: Final = (
    *("node.sense", "node.gate", "node.preprocess", "node.infer", "node.infer.heads", "node.compress"),
    "node.commands",
)


def node_page() -> str:
    """Return the node's reference."""
    return _page(
        "node",
        {
            "Configuration": "\n\n".join(_sections()),
            "Parts": "\n\n".join((*(_room(name) for name in ROOMS), _choice_of_meter())),
            "Model cards": f"{first_line(card)}\n\n{option_table(card.Card)}",
            "Topics": _topics(),
            "Quantities": table(
                ("column", "unit", "meaning"), ((code(each.name), each.unit, each.meaning) for each in QUANTITIES)
            ),
            "Counters": table(("counter", "meaning"), ((code(name), doc) for name, doc in COUNTERS.items())),
            "Errors": error_table("node"),
        },
    )


def gateway_page() -> str:
    """Return the gateway's reference."""
    return _page(
        "gateway",
        {
            "Configuration": "\n\n".join(_models()),
            "The schedule of policies": _schedule(),
            "The API": api_text(),
            "The wishes of a rollout": _wishes(),
            "Topics": _outgoing(),
            "Counters": table(("counter", "meaning"), ((code(name), doc) for name, doc in GATEWAY_COUNTERS.items())),
            "Errors": error_table("gateway"),
        },
    )


def boards_page() -> str:
    """Return the boards' reference."""
    return _page(
        "boards",
        {
            "board.toml": "\n\n".join(f"### {head}\n\n{option_table(shape)}" for head, shape in TABLES.items()),
            "Boards": "\n\n".join(_board(load_board(each)) for each in board_ids()),
            "Meters": "\n\n".join(_part(name, target) for name, target in meters.TABLE.items()),
            "Parts": "\n\n".join(
                _part(name, target) for each in board_ids() for name, target in load_board(each).sensors.items()
            ),
        },
    )


PAGES: Final[Mapping[str, Callable[[], str]]] = {"boards": boards_page, "gateway": gateway_page, "node": node_page}
"""Package to its page."""


def _page(package: str, sections: Mapping[str, str]) -> str:
    """Put a page together."""
    head = f"# Reference: {package}\n\nWritten from the code by `python -m tools.reference`; the suite keeps it so.\n"
    return head + "".join(f"\n## {title}\n\n{text}\n" for title, text in sections.items())


def _sections() -> Iterator[str]:
    """Describe each section of `node.toml` that has options of its own; those of parts follow under Parts."""
    from node.commands.options import Allowed, Orders
    from node.config import Config
    from node.sections import Look, Source

    for name, hint in get_type_hints(Config).items():
        shape = next((each for each in (*get_args(hint), hint) if inspect.isclass(each) and is_dataclass(each)), None)
        if shape is Source:
            yield f"### `[{name}.NAME]`\n\n{option_table(Look)}"
        elif shape is Orders:
            yield f"### `[{name}]`\n\n{option_table(Allowed)}"
        elif shape is not None and shape is not Spec:
            yield f"### `[{name}]`\n\n{option_table(shape)}"


def _room(room: str) -> str:
    """Describe every part of a room's TABLE with its options."""
    found: Mapping[str, str] = importlib.import_module(room).TABLE
    parts = (_part(name, target) for name, target in found.items())
    return "\n\n".join((f"### {room.removeprefix('node.').replace('.', '/')}", *parts))


def _choice_of_meter() -> str:
    """Name the meters of `[meter]` and `[harvest]`; their options are on the boards' page."""
    names, panels = (", ".join(code(name) for name in each) for each in (meters.TABLE, meters.PANELS))
    return (
        f"### meter\n\n`[meter]` with a `part` of {names} is asked before the meters that the board may have. "
        "Its options stand in boards/REFERENCE.md.\n\n"
        f"`[harvest]` with a `part` of {panels} meters the solar panel for `[energy]`, behind its charger; "
        "`device`, `total` or `rails` must say which chip or rail that is."
    )


def _part(name: str, target: str) -> str:
    """Describe one part: what its module says it is, and its options."""
    module = importlib.import_module(target.partition(":")[0])
    return f"#### `{name}`\n\n{first_line(module)}\n\n{option_table(params_of(target))}"


def _board(board: BoardData) -> str:
    """Describe a board: its states, with the quality and the source of each figure."""
    rows = (
        (code(name), f"{state.power_mw:g}", state.quality, state.source) for name, state in sorted(board.states.items())
    )
    return f"### `{board.id}`\n\n{table(('state', 'mW', 'quality', 'source'), rows)}"


def _models() -> Iterator[str]:
    """Describe each section of `gateway.toml`."""
    from gateway.config import Config

    for name, section in Config.model_fields.items():
        shape = cast("type[BaseModel]", section.annotation)
        yield f"### `[{name}]`\n\n{first_line(shape)}\n\n{model_table(shape)}"


def _schedule() -> str:
    """Describe the file that `policy.schedule_file` names."""
    from gateway.policy.schedule import Rule, Schedule

    heads: dict[str, type[BaseModel]] = {"The file": Schedule, "`[[rule]]`": Rule}
    return "\n\n".join(f"### {head}\n\n{first_line(shape)}\n\n{model_table(shape)}" for head, shape in heads.items())


def _wishes() -> str:
    """Describe what a rollout is created with, by the command or over the API."""
    from gateway.rollout.wish import Wish

    return f"{first_line(Wish)}\n\n{model_table(Wish)}"


def _outgoing() -> str:
    """Say what subscribers get, in the words of the module that makes it."""
    head, _, told = (inspect.getdoc(importlib.import_module("gateway.publish.output")) or "").partition("\n\n")
    return f"{head}\n\n{told}"


def _topics() -> str:
    """List the topics between a node and its gateway, and what is said there."""
    said = {each.kind: first_line(each) for each in get_args(Message)}
    rows = [
        (code(f"{topics.PREFIX}/<site>/<node>/{kind}"), way, said.get(kind, ""))
        for way, kinds in (("up", topics.UP), ("down", topics.DOWN))
        for kind in sorted(kinds)
    ]
    return table(("topic", "way", "message"), rows)
