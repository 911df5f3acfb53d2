"""Policies and models under attack: what comes through, and whether each check is missed where it is forgotten.

python -m tools.bench attacks [--json] [--family NAME]

attacks       tried on the product as it is
accepted      of these, what came through; has to be 0
mutants       the same with one check forgotten at a time
caught        mutants that let at least one attack in; one that lets none in proves its check untested
"""

from __future__ import annotations

import argparse
import logging
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from tools.attacks.family import Family, Outcome, tried

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAMILIES: Final = ("models", "policies")
"""Modules of `tools.attacks` with a `family()`."""


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Attack.

    Args:
        argv: `--family` for one alone.
    """
    parser = argparse.ArgumentParser(prog="attacks")
    parser.add_argument("--family", choices=FAMILIES, help="this one alone (default: all)")
    options = parser.parse_args(argv)
    logging.disable(logging.WARNING)  # a thousand refusals, each as it should be
    try:
        outcomes = {name: _outcome(name) for name in FAMILIES if options.family in {None, name}}
    finally:
        logging.disable(logging.NOTSET)
    found = list(outcomes.values())
    return {
        "attacks": sum(len(each.refused) + len(each.accepted) for each in found),
        "accepted": sum(len(each.accepted) for each in found),
        "mutants": sum(len(each.caught) for each in found),
        "caught": sum(bool(through) for each in found for through in each.caught.values()),
        "families": {name: _told(each) for name, each in outcomes.items()},
    }


def _outcome(name: str) -> Outcome:
    family = cast("Family", import_module(f"tools.attacks.{name}").family())
    outcome, steps = Outcome(), len(family.attacks) + len(family.mutants)
    for at, what in enumerate(tried(family, outcome), 1):
        print(f"\r{name}: {at:>3} of {steps}, {what[:60]:60}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return outcome


def _told(outcome: Outcome) -> Mapping[str, object]:
    return {"refused": outcome.refused, "accepted": outcome.accepted, "without": outcome.caught}


def show(result: Mapping[str, object]) -> None:
    """Print the result for people."""
    for name, told in cast("Mapping[str, Mapping[str, Mapping[str, object]]]", result["families"]).items():
        print(name)
        for attack, reason in told["refused"].items():
            print(f"    {attack:52} {str(reason)[:64]}")
        for attack in told["accepted"]:
            print(f"    {attack:52} CAME THROUGH")
        print("  with one check forgotten")
        for check, through in told["without"].items():
            first, *others = cast("list[str]", through) or ["NOTHING CAME THROUGH"]
            print(f"    {check:12} {first}{f' and {len(others)} more' if others else ''}")
    print(f"{result['attacks']} attacks, {result['accepted']} came through; ", end="")
    print(f"{result['caught']} of {result['mutants']} mutants are caught")
