"""Offers: which model each node is to fetch, as an operator set it; a running gateway takes it up within a tick.

What is offered is found in the repository's newest targets, without judging their signatures: nodes do that. An offer
is only a hint where to look.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gateway.errors import GatewayError
from node.wire import topics
from node.wire.errors import WireError
from node.wire.messages import ModelOffer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from gateway.store.database import Store

_COLUMNS: Final = "node, model, version, digest, size_bytes, target"


class Published(NamedTuple):
    """A model in the repository.

    Attributes:
        offer: as nodes are told of it.
        version: of the model.
        back_to: the oldest version that nodes may go back to from it, by its publisher's word.
    """

    offer: ModelOffer
    version: int
    back_to: int


def published(folder: Path) -> dict[str, Published]:
    """Return the models in force, by the path of their target.

    Args:
        folder: of the repository.

    Raises:
        GatewayError: there is none.
    """
    metadata = sorted((folder / "metadata").glob("*.targets.json"), key=lambda each: int(each.name.partition(".")[0]))
    if not metadata:
        raise GatewayError(f"no models in {folder}; `torpor models init {folder}` makes a repository (models.folder)")
    targets = json.loads(metadata[-1].read_bytes())["signed"]["targets"]
    return {path: _published(path, each) for path, each in targets.items() if "model" in each.get("custom", {})}


def _published(path: str, said: Mapping[str, Any]) -> Published:
    custom = said["custom"]
    offer = ModelOffer(
        model=str(custom["model"]),
        version=str(custom["version"]),
        digest=bytes.fromhex(said["hashes"]["sha256"]),
        size_bytes=said["length"],
        target=path,
    )
    return Published(offer, int(custom["version"]), int(custom.get("back_to") or custom["version"]))


def found(folder: Path, target: str) -> ModelOffer:
    """Return the offer of a target.

    Args:
        folder: of the repository.
        target: its path, such as `digits@2.tflite`.

    Raises:
        GatewayError: there is no repository, or no such model in it.
    """
    models = published(folder)
    if target not in models:
        raise GatewayError(f"no model {target!r} in {folder}; there are: {', '.join(models) or 'none'}")
    return models[target].offer


def put(store: Store, nodes: Collection[str], offer: ModelOffer | None) -> None:
    """Set what nodes are offered; None withdraws it.

    Raises:
        GatewayError: something is no node's name.
        StoreError: the disk refused.
    """
    try:
        for node in nodes:
            topics.name(node)
    except WireError as error:
        raise GatewayError(f"no node is called so: {error}") from error
    with store.transaction():
        enter(store.database, dict.fromkeys(nodes, offer))


def enter(database: sqlite3.Connection, offers: Mapping[str, ModelOffer | None]) -> None:
    """Write what nodes are offered; None withdraws it. To be called in a transaction that writes."""
    for node, offer in offers.items():
        database.execute("DELETE FROM offer WHERE node = ?", (node,))
        if offer is not None:
            row = (node, offer.model, offer.version, offer.digest, offer.size_bytes, offer.target)
            database.execute(f"INSERT INTO offer ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", row)  # noqa: S608 - our own names


class Offers:
    """What is on offer, read again when another process has written to the database.

    Args:
        database: of the gateway.
        before: what each node was told before the restart.
    """

    def __init__(self, database: sqlite3.Connection, before: Mapping[str, ModelOffer]) -> None:
        self._database = database
        self._seen = -1
        self._before = dict(before)

    @property
    def digests(self) -> set[str]:
        """Of all models that are offered, in hex."""
        return {each.digest.hex() for each in self._before.values()}

    def look_again(self) -> None:
        """Note that this very process has written some, which the database does not tell."""
        self._seen = -1

    def changed(self) -> dict[str, ModelOffer | None]:
        """Return the offers that are others than at the last look; None for one that was withdrawn."""
        (seen,) = self._database.execute("PRAGMA data_version").fetchone()
        if seen == self._seen:
            return {}
        self._seen = seen
        now = {
            node: ModelOffer(model=model, version=version, digest=digest, size_bytes=size_bytes, target=target)
            for node, model, version, digest, size_bytes, target in self._database.execute(
                f"SELECT {_COLUMNS} FROM offer"  # noqa: S608 - our own names
            )
        }
        gone: dict[str, ModelOffer | None] = dict.fromkeys(self._before.keys() - now.keys())
        changed = gone | {node: offer for node, offer in now.items() if offer != self._before.get(node)}
        self._before = now
        return changed
