"""Delegations: who is asked for a file, in which order, and whose word counts."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import pytest

from tests.conformance.tuf.trial import BELOW_ROOT, ONLINE, Trial

TOP = 4
"""Names that are asked for before any delegated role."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One delegation."""

    by: str
    role: str
    paths: tuple[str, ...] = ("*",)
    terminating: bool = False


TA, TB = Edge("targets", "A"), Edge("targets", "B")
ONLY_PY = ("*.py",)

GRAPHS: dict[str, tuple[list[Edge], str]] = {
    "basic-delegation": ([TA], "A"),
    "single-level-delegations": ([TA, TB], "AB"),
    "two-level-delegations": ([TA, TB, Edge("B", "C")], "ABC"),
    "two-level-test-DFS-order-of-traversal": ([TA, TB, Edge("A", "C"), Edge("A", "D")], "ACDB"),
    "three-level-delegation-test-DFS-order-of-traversal": ([TA, TB, Edge("A", "C"), Edge("C", "D")], "ACDB"),
    "two-level-terminating-ignores-all-but-roles-descendants": (
        [TA, TB, Edge("A", "C", terminating=True), Edge("A", "D")],
        "AC",
    ),
    "three-level-terminating-ignores-all-but-roles-descendants": (
        [TA, TB, Edge("A", "C", terminating=True), Edge("C", "D")],
        "ACD",
    ),
    "two-level-ignores-all-branches-not-matching-paths": (
        [Edge("targets", "A", ONLY_PY), TB, Edge("A", "C")],
        "B",
    ),
    "three-level-ignores-all-branches-not-matching-paths": (
        [TA, TB, Edge("A", "C", ONLY_PY), Edge("C", "D")],
        "AB",
    ),
    "cyclic-graph": ([TA, TB, Edge("B", "C"), Edge("C", "D"), Edge("D", "B")], "ABCD"),
    "two-roles-delegating-to-a-third": ([TA, TB, Edge("B", "C"), Edge("A", "C")], "ACB"),
    "two-roles-delegating-to-a-third-different-paths": ([TA, TB, Edge("B", "C"), Edge("A", "C", ONLY_PY)], "ABC"),
}


def _publish(trial: Trial, edges: list[Edge]) -> None:
    for each in edges:
        trial.forge.delegate(each.by, each.role, each.paths, terminating=each.terminating)
    trial.forge.publish(*{each.role for each in edges}, *BELOW_ROOT)


@pytest.mark.parametrize("graph", GRAPHS)
def test_delegations_are_gone_through_in_the_order_of_trust(trial: Trial, graph: str) -> None:
    """Depth first, in the order in which they are named, each role once, and none behind a terminating one."""
    edges, order = GRAPHS[graph]
    _publish(trial, edges)
    assert not trial.download("missingpath")
    assert trial.forge.asked[TOP:] == [f"1.{role}.json" for role in order]


TREE = [
    Edge("targets", "A", ("*.doc", "*.md", "foo-?.tgz")),
    Edge("targets", "B", ("releases/*/*",)),
    Edge("B", "C", ("releases/x/*",)),
    Edge("B", "D", ("releases/y/*.zip",)),
]
FILES = {
    "targetfile": "targets",
    "README.md": "A",
    "releases/README.md": "A",
    "foo-1.tgz": "A",
    "foo-alpha.tgz": "A",
    "releases/x/x_v1": "C",
    "releases/y/y_v1.zip": "D",
    "releases/z/z_v1.zip": "D",
}
SEARCHES = {
    "no delegations": ("targetfile", True, ""),
    "targetpath matches wildcard": ("README.md", True, "A"),
    "targetpath with separators x": ("releases/x/x_v1", True, "BC"),
    "targetpath with separators y": ("releases/y/y_v1.zip", True, "BD"),
    "targetpath is not delegated by all roles in the chain": ("releases/z/z_v1.zip", False, "B"),
    "wildcard does not match path separator": ("releases/README.md", False, ""),
    "targetpath matches question mark wildcard": ("foo-1.tgz", True, "A"),
    "targetpath does not match question mark wildcard": ("foo-alpha.tgz", False, ""),
    "targetpath matching is case sensitive": ("README.MD", False, ""),
}


@pytest.mark.parametrize("search", SEARCHES)
def test_target_is_found_where_every_role_on_the_way_may_speak_of_it(trial: Trial, search: str) -> None:
    """A role that names a file which it was not trusted with has said nothing."""
    path, found, order = SEARCHES[search]
    for each in TREE:
        trial.forge.delegate(each.by, each.role, each.paths)
    for name, role in FILES.items():
        trial.forge.put(name, f"{name} by {role}".encode(), role=role)
    trial.forge.publish("A", "B", "C", "D", *BELOW_ROOT)
    assert trial.download(path) is found
    assert trial.files == ([f"{path} by {FILES[path]}".encode()] if found else [])
    assert trial.forge.asked[TOP:] == [f"1.{role}.json" for role in order]


def test_role_that_one_delegator_verified_is_verified_for_another_anew(trial: Trial) -> None:
    """Two delegators name one role with different keys; what is signed for the first is nothing to the second."""
    forge = trial.forge
    for name in "ab":
        forge.delegate("targets", f"parent-{name}", [f"team-{name}/*"])
        forge.delegate(f"parent-{name}", "release", [f"team-{name}/*"])
    forge.signers["release"].pop()  # the second parent's
    forge.put("team-a/root.json", b"trusted A", role="release")
    forge.put("team-b/root.json", b"malicious B", role="release")
    forge.publish("release", "parent-a", "parent-b", *BELOW_ROOT)
    assert not trial.download("team-a/root.json", "team-b/root.json")
    assert trial.files in ([b"trusted A"], [])


def test_role_that_the_snapshot_does_not_list_is_not_asked_for(trial: Trial) -> None:
    """Nobody says which version of it is the newest."""
    trial.forge.delegate("targets", "delegated", ["delegatedpath/*"])
    trial.forge.publish("delegated", "targets")
    del trial.forge.snapshot.meta["delegated.json"]
    trial.forge.publish(*ONLINE)
    assert trial.refresh()
    assert not trial.download("delegatedpath/file")
    assert trial.forge.asked == ["2.root.json", "timestamp.json"]
    assert "delegated" not in trial.believed


@pytest.mark.parametrize("role", ["?", "#", "/delegatedrole", "../delegatedrole"])
def test_role_with_an_unusual_name_is_asked_for_and_kept_quoted(trial: Trial, role: str) -> None:
    """No name of a role leads anywhere: not on the web, and not on the disk."""
    trial.forge.delegate("targets", role)
    trial.forge.publish(role, *BELOW_ROOT)
    assert not trial.download("nothing")
    assert trial.forge.asked[-1] == f"1.{quote(role, '')}.json"
    assert len(trial.believed) == TOP + 1
