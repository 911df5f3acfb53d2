"""Terms: what the publisher says of a model, in the `custom` field of its signed target.

Whole numbers and words only, for canonical JSON has no fractions. The card travels inside, because it is smaller than
a target of its own; the node adds the digest, which the target states already. Pure.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Final, get_type_hints

from node.errors import ModelError

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
MOST_CARD: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A model's terms; the defaults are not written, so that the metadata stays small.

    Attributes:
        model: its name; versions of one name follow each other, and go back no further than `back_to`.
        version: 1 and up.
        card: what `node.infer.card` reads, as TOML without the digest.
        boards: the ids of the boards that it is for; empty for any.
        runtime: what runs it: `tflite`, or `edgetpu`, which a processor's runtime is not.
        golden: the target with the answers of its self-test; without one a node refuses it.
        windows: the target with the windows, which several versions share; empty where they stand in `golden`.
        most_ms: longest mean inference of a golden window; 0 for no ceiling.
        most_mb: most memory that loading and running it may add; 0 for no ceiling.
        back_to: the oldest version that a node which committed this one may go back to; 0 for none older than itself.
    """

    model: str
    version: int
    card: str
    boards: tuple[str, ...] = ()
    runtime: str = "tflite"
    golden: str = ""
    windows: str = ""
    most_ms: int = 0
    most_mb: int = 0
    back_to: int = 0

    @property
    def name(self) -> str:
        """As results name it."""
        return f"{self.model}@{self.version}"

    @property
    def floor(self) -> int:
        """The oldest version that a node takes once it has committed this one."""
        return min(self.back_to or self.version, self.version)

    def dump(self) -> dict[str, object]:
        """Return what goes into the target."""
        said = asdict(self)
        return {each.name: said[each.name] for each in fields(self) if said[each.name] != each.default}


def read(custom: object) -> Terms:
    """Read what a signed target says.

    Args:
        custom: as it came out of JSON.

    Raises:
        ModelError: it is not what a publisher's tool writes; says where.
    """
    said = dict(custom) if isinstance(custom, dict) else {}
    known = {each.name for each in fields(Terms)}
    lacking = [each for each in ("model", "version", "card") if each not in said]
    if lacking:
        raise ModelError(f"the target says no {', no '.join(lacking)} of a model; publish it with `torpor models`")
    try:
        boards = said.pop("boards", ())
        terms = Terms(boards=tuple(str(each) for each in boards), **{k: v for k, v in said.items() if k in known})
    except TypeError as error:
        raise ModelError(f"the target's terms are wrong: {error}; publish it again with `torpor models`") from error
    problem = _problem(terms)
    if problem:
        raise ModelError(f"the target's terms are wrong: {problem}; publish it again with `torpor models`")
    return terms


def _problem(terms: Terms) -> str:
    for name, kind in get_type_hints(Terms).items():
        value = getattr(terms, name)
        if kind in {str, int} and (not isinstance(value, kind) or isinstance(value, bool)):
            return f"{name} is {value!r}"
    if not NAME.fullmatch(terms.model) or terms.version < 1:
        return f"{terms.model[:40]!r}@{terms.version} is no name"
    if len(terms.card) > MOST_CARD:
        return f"a card of {len(terms.card)} characters; at most {MOST_CARD}"
    low = [name for name in ("most_ms", "most_mb", "back_to") if getattr(terms, name) < 0]
    return f"{low[0]} is {getattr(terms, low[0])!r}" if low else ""
