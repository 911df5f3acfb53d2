"""Nodes that forget one check each on the way of a model: those of the reference client, and Torpor's own."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from tuf.api.metadata import Metadata, Root, Targets
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from node.update import terms, trust
from node.update.cache import Cache
from node.update.fitness import unfit
from node.update.floor import TIME
from node.update.line import Line
from node.update.pieces import Pieces
from node.update.progress import Found
from node.update.stock import Stock
from node.update.terms import Terms
from node.update.trust import Trust, wanted
from node.wire import bounded
from node.wire.messages import Ask, AskKind
from tools.attacks.updating import BOARD, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tuf.ngclient import Updater as Client

    from node.transmit.assembly import Assembly, Wanted
    from node.update.floor import Floor
    from node.update.line import Courier, Inbox
    from node.update.trust import Source

# The reference client's checks, and what Torpor tells it.


class _Set(TrustedMetadataSet):
    """Metadata that are believed, read by another judge."""

    def __init__(self, root: bytes, envelope: EnvelopeType) -> None:
        super().__init__(root, envelope)
        self._load_data: Any = self._read

    def _read(self, role: Any, data: bytes, delegator: Any = None, name: str | None = None) -> tuple[Any, Any, Any]:
        read = Metadata[Any].from_bytes(data)
        if delegator and not self._passes(read, delegator, name or role.type):
            delegator.verify_delegate(name or role.type, read.signed_bytes, read.signatures)
        return read.signed, read.signed_bytes, read.signatures

    def _passes(self, read: Metadata[Any], delegator: Any, role: str) -> bool:
        """Return whether not to look any closer."""
        del read, delegator, role
        return False


class _AnySignature(_Set):
    def _passes(self, *_: object) -> bool:
        return True


class _OneSignature(_Set):
    def _passes(self, read: Metadata[Any], delegator: Any, role: str) -> bool:
        return bool(delegator.get_verification_result(role, read.signed_bytes, read.signatures).signed)


class _AnySuccessor(_Set):
    def _passes(self, *asked: Any) -> bool:
        return bool(asked[-1] == Root.type)


class _AnyRootVersion(_Set):
    def update_root(self, data: bytes) -> Root:
        said, signed, signatures = self._read(Root, data, self.root)
        said.verify_delegate(Root.type, signed, signatures)
        self._add(Root.type, said, Root.type)
        return cast("Root", said)


class _AnySnapshotVersion(_Set):
    def _check_final_snapshot(self) -> None:
        self.timestamp.snapshot_meta.version = self.snapshot.version
        super()._check_final_snapshot()


class _AnyTargetsVersion(_Set):
    def update_delegated_targets(self, data: bytes, role_name: str, delegator_name: str) -> Targets:
        self.snapshot.meta[f"{role_name}.json"].version = Metadata[Any].from_bytes(data).signed.version
        return super().update_delegated_targets(data, role_name, delegator_name)


class _SetOf(Trust):
    """A trust with another set."""

    kind: ClassVar[type[_Set]]

    def _updater(self, source: Source, time_ms: int) -> Client:
        client = super()._updater(source, time_ms)
        lax = self.kind(self._root, EnvelopeType.METADATA)
        lax.reference_time = client._trusted_set.reference_time  # noqa: SLF001 - a mutant knows the seams
        client._trusted_set = lax  # noqa: SLF001 - as above
        return client


class _NoTime(Trust):
    def _updater(self, source: Source, time_ms: int) -> Client:
        del time_ms
        return super()._updater(source, 0)


class _NoBootstrap(Trust):
    def _updater(self, source: Source, time_ms: int) -> Client:
        folder = self._folder / "metadata"
        if (folder / "root.json").exists():
            self._root = (folder / "root.json").read_bytes()
        return super()._updater(source, time_ms)


class _NoMemory(Trust):
    def _updater(self, source: Source, time_ms: int) -> Client:
        shutil.rmtree(self._folder / "metadata", ignore_errors=True)
        return super()._updater(source, time_ms)


# What Torpor adds to it.


class _NoFloor(Trust):
    def _check_floor(self, updater: Client, floor: Floor) -> None:
        pass


class _NoHold(Trust):
    """Lets all versions begin anew with any new root."""

    def _check_floor(self, updater: Client, floor: Floor) -> None:
        root = updater._trusted_set.root  # noqa: SLF001 - as above
        if root.version <= floor.get("root", 0):
            super()._check_floor(updater, floor)


class _NoRootFloor(Trust):
    def _rooted(self, updater: Client, floor: Floor) -> Floor:
        del updater
        return floor


class _NoTimeFloor(Trust):
    def _floor(self) -> Floor:
        return {name: value for name, value in super()._floor().items() if name != TIME}


class _OnlyBelieved(Trust):
    """Forgets what it saw when that was over."""

    def _remember(self, updater: Client, floor: Floor, told_ms: int) -> None:
        del told_ms
        self._keep(self._rooted(updater, floor))


class _AnyClock(Trust):
    """Takes a clock that was set at its word, for good."""

    def _remember(self, updater: Client, floor: Floor, told_ms: int) -> None:
        self._keep({**self._rooted(updater, floor), TIME: max(told_ms, floor.get(TIME, 0))})


class _KeptTime(Trust):
    """Holds new online keys to the time that the old ones reached."""

    def _rooted(self, updater: Client, floor: Floor) -> Floor:
        return {**floor, **super()._rooted(updater, floor)}


class _Finding(Trust):
    """A trust that looks models up in another way."""

    def find(self, target: str, source: Source, now_ms: int, *, sure: bool) -> Found:
        return self.consult(source, now_ms, partial(self._found, target), sure=sure)

    def _found(self, target: str, client: Client) -> Found:
        raise NotImplementedError


class _Delegated(_Finding):
    """Looks through delegations, as the reference client does."""

    def _found(self, target: str, client: Client) -> Found:
        named = {target: client.get_targetinfo(target)}
        if each := named[target]:
            golden = terms.read(each.custom).golden
            named[golden] = client.get_targetinfo(golden)
        known = {path: each for path, each in named.items() if each}
        client._trusted_set.targets.targets = known  # noqa: SLF001 - as above
        return trust._look_up(target, client)  # noqa: SLF001 - as above


class _NoGolden(_Finding):
    def _found(self, target: str, client: Client) -> Found:
        signed = client._trusted_set.targets.targets  # noqa: SLF001 - as above
        said = terms.read(signed[target].custom) if target in signed else None
        if said and said.golden not in signed:
            model = wanted(signed[target])
            return Found(model=model, golden=model, terms=said)
        return trust._look_up(target, client)  # noqa: SLF001 - as above


class _NoTerms(_Finding):
    def _found(self, target: str, client: Client) -> Found:
        signed = client._trusted_set.targets.targets  # noqa: SLF001 - as above
        if target in signed and signed[target].custom and signed[target].custom.get("golden") in signed:
            said = Terms(**signed[target].custom)
            return Found(model=wanted(signed[target]), golden=wanted(signed[said.golden]), terms=said)
        return trust._look_up(target, client)  # noqa: SLF001 - as above


class _NoFitness(Node):
    """Takes a model that is nothing for it, in one respect."""

    ignored: ClassVar[str]

    def _unfit(self, found: Found) -> str:
        said, size_bytes, most_bytes = found.terms, found.model.size_bytes, int(self._params.most_mb * 1e6)
        committed = self.slots.now.committed
        if self.ignored == "board":
            said = replace(said, boards=())
        elif self.ignored == "runtime":
            said = replace(said, runtime="tflite")
        elif self.ignored == "size":
            most_bytes = sys.maxsize
        else:
            committed = {}
        return unfit(said, size_bytes, board=BOARD, most_bytes=most_bytes, committed=committed)


# The line, and the pieces.


class _EndlessLine(Line):
    """Expands whatever it is sent."""

    def named(self, name: str, like: str = "", base: bytes = b"") -> bytes | None:
        del like, base
        self._say(Ask(what=AskKind.CHUNK, id=next(self._ids), data=name.encode(), offset=0, length=0))
        packed = self.piece().data
        return bounded.expand(bounded.Coding.DEFLATE, packed, sys.maxsize >> 1) if packed else None


class _Endless(Node):
    def _line(self, courier: Courier, inbox: Inbox, deadline_s: float) -> Line:
        return _EndlessLine(courier, inbox, self._clock, deadline_s)


class _Tireless(Node):
    def _line(self, courier: Courier, inbox: Inbox, deadline_s: float) -> Line:
        return Line(courier, inbox, self._clock, deadline_s + 1e9)


class _AnyBytes(Pieces):
    def is_whole(self, wanted: Wanted) -> bool:
        return self.path(wanted).exists()


class _AnyPlace(Pieces):
    def _grown(self, wanted: Wanted, assembly: Assembly, line: Line, file: int) -> Assembly:
        piece = line.piece()
        grown = replace(assembly, here=assembly.here | 1)
        self._write(file, wanted, grown, piece.offset, piece.data)
        return grown


class _AnyDelta(Cache):
    def write(self, wanted: Wanted, blocks: Iterable[bytes]) -> bool:
        self.path(wanted.digest.hex()).write_bytes(b"".join(blocks))
        return True


class _AnyCached(Stock):
    def _settled(self, wanted: Wanted) -> bool:
        return self._source(wanted) is not None or super()._settled(wanted)


class _StockOf(Node):
    """A node with other pieces, another cache or another stock."""

    pieces: ClassVar[type[Pieces]] = Pieces
    cache: ClassVar[type[Cache]] = Cache
    stock: ClassVar[type[Stock]] = Stock

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        others = self._stock._others  # noqa: SLF001 - as above
        self._stock = self.stock(self._folder, int(self._params.cache_mb * 1e6), others)
        self._stock._pieces = self.pieces(self._folder / "pieces")  # noqa: SLF001 - as above
        self._stock._cache = self.cache(self._folder / "cache")  # noqa: SLF001 - as above


class _TrustOf(Node):
    """A node with another trust."""

    kind: ClassVar[type[Trust]]

    def _trust(self, folder: Path) -> Trust:
        return self.kind(folder, self._root(), self.earliest_ms)


class _NoMarks(Node):
    def _trust(self, folder: Path) -> Trust:
        return Trust(folder, self._root())


def _with(base: type[Node], **attributes: object) -> type[Node]:
    return type(base.__name__, (base,), attributes)


def _set(kind: type[_Set]) -> type[Node]:
    return _with(_TrustOf, kind=type(kind.__name__, (_SetOf,), {"kind": kind}))


MUTANTS: Final[Mapping[str, type[Node]]] = {
    "signature": _set(_AnySignature),
    "threshold": _set(_OneSignature),
    "successor": _set(_AnySuccessor),
    "sequence": _set(_AnyRootVersion),
    "snapshot": _set(_AnySnapshotVersion),
    "targets": _set(_AnyTargetsVersion),
    "time": _with(_TrustOf, kind=_NoTime),
    "bootstrap": _with(_TrustOf, kind=_NoBootstrap),
    "memory": _with(_TrustOf, kind=_NoMemory),
    "floor": _with(_TrustOf, kind=_NoFloor),
    "hold": _with(_TrustOf, kind=_NoHold),
    "root": _with(_TrustOf, kind=_NoRootFloor),
    "clock": _with(_TrustOf, kind=_NoTimeFloor),
    "seen": _with(_TrustOf, kind=_OnlyBelieved),
    "ahead": _with(_TrustOf, kind=_AnyClock),
    "anew": _with(_TrustOf, kind=_KeptTime),
    "marks": _NoMarks,
    "offline": _with(_TrustOf, kind=_Delegated),
    "golden": _with(_TrustOf, kind=_NoGolden),
    "terms": _with(_TrustOf, kind=_NoTerms),
    **{name: _with(_NoFitness, ignored=name) for name in ("board", "runtime", "size", "version")},
    "length": _Endless,
    "budget": _Tireless,
    "whole": _with(_StockOf, pieces=_AnyBytes),
    "place": _with(_StockOf, pieces=_AnyPlace),
    "delta": _with(_StockOf, cache=_AnyDelta),
    "cache": _with(_StockOf, stock=_AnyCached),
}
"""By the check that is forgotten; the first nine are the reference client's own, or what it is given to go by."""
