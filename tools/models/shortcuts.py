"""Shortcuts: a delta to a new model from each earlier version, and from nothing, where that is worth its target.

They are signed with the model. Those to versions that are two behind are dropped: whoever still goes there takes the
whole way, and metadata do not grow with each version by as many deltas as there are versions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from node.update.shortcut import NOTHING, path_of, terms_of
from tools.models.delta import delta
from tools.models.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuf.api.metadata import TargetFile

    from tools.models.repository import Repository

TARGET_BYTES: Final = 100
"""What a target takes in the metadata that every node fetches, deflated: a delta has to save more than that."""


def stage(repository: Repository, path: str) -> list[tuple[str, int]]:
    """Stage the deltas to a model that is staged.

    Args:
        repository: where the model was added.
        path: of its target.

    Returns:
        Path and size in bytes of each.
    """
    targets = repository.drafted()
    full, content = targets[path].hashes["sha256"], _content(repository, targets[path])
    earlier = _earlier(targets, path)
    outdated = [delta for old in earlier[:-1] for delta in _deltas(targets, full=old.hashes["sha256"])]
    if outdated:
        repository.remove(*outdated)
    bases = [(NOTHING, b""), *((old.hashes["sha256"], _content(repository, old)) for old in earlier)]
    staged, most_bytes = [], len(content) - TARGET_BYTES
    for base, data in bases:
        name, made = path_of(path, base), delta(data, content)
        if name not in targets and len(made) < most_bytes:
            repository.add(name, made, terms_of(base, full))
            staged.append((name, len(made)))
        if base == NOTHING:  # every node has that, and no delta is worth its target that is longer
            most_bytes = min(most_bytes, len(made) - TARGET_BYTES)
    return staged


def retire(repository: Repository, path: str) -> list[str]:
    """Stage targets without a model and all that is for it alone.

    Returns:
        The paths that go.

    Raises:
        PublishError: there is no such model.
    """
    targets = repository.drafted()
    if "model" not in _custom(targets.get(path)):
        models = [name for name, each in targets.items() if "model" in _custom(each)]
        raise PublishError(f"no model {path!r}; there are: {', '.join(models) or 'none'}")
    digest = targets[path].hashes["sha256"]
    gone = [path, *_deltas(targets, full=digest), *_deltas(targets, base=digest)]
    others = [_custom(each) for name, each in targets.items() if name != path]
    for what in ("golden", "windows"):
        name = str(_custom(targets[path]).get(what, ""))
        gone += [name] if all(each.get(what) != name for each in others) else []
    gone = [name for name in gone if name in targets]
    repository.remove(*gone)
    return gone


def _earlier(targets: Mapping[str, TargetFile], path: str) -> list[TargetFile]:
    """Return the earlier versions of a model, oldest first."""
    name, version = _custom(targets[path])["model"], _version(targets[path])
    same = [each for each in targets.values() if _custom(each).get("model") == name]
    return sorted((each for each in same if _version(each) < version), key=_version)


def _deltas(targets: Mapping[str, TargetFile], *, full: str = "", base: str = "") -> list[str]:
    """Return the paths of the deltas that lead to a model, or that start from it, by its digest."""
    said = {path: _custom(each) for path, each in targets.items() if "algorithm" in _custom(each)}
    return [path for path, each in said.items() if (full and each["full"] == full) or (base and each["base"] == base)]


def _content(repository: Repository, target: TargetFile) -> bytes:
    content = repository.content(target)
    if content is None:
        raise PublishError(f"no file {target.hashes['sha256']} for {target.path}; put it back, or retire that version")
    return content


def _custom(target: TargetFile | None) -> dict[str, Any]:
    return dict((target and target.custom) or {})


def _version(target: TargetFile) -> int:
    return int(_custom(target)["version"])
