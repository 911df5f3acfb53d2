"""Identity: every role tries everything at a real broker and at the gateway's door; what arrives is counted.

    python -m tools.bench identity [--json]

The broker is a mosquitto on the configuration that `torpor-gateway init` writes. A breach is a message that reached
whom it must not, somebody who got in and must not, a certificate that nobody should have had; and just as well one
that did not arrive, get in, or was not given, and should have. Two controls run beside it: the same broker without
`use_username_as_clientid`, where client ids can be stolen, and a desk that forgets which tokens were used.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tools.intruders import enrolment
from tools.intruders.access import Matrix, Row
from tools.intruders.office import Office
from tools.intruders.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(argv: Sequence[str]) -> Mapping[str, object]:
    """Try everything.

    Returns:
        `cases` and `breaches`, a row each; `control_breaches` of the `controls`, every one of which must breach.
    """
    argparse.ArgumentParser(prog="python -m tools.bench identity", description=__doc__).parse_args(argv)
    logging.getLogger("gateway.identity").setLevel(logging.ERROR)  # each refusal is a row here
    with tempfile.TemporaryDirectory(prefix="torpor-identity-") as name:
        folder = Path(name)
        _tell("what is tried at the broker")
        rows = at_the_broker(folder / "sealed")
        _tell("what is tried to get a certificate")
        rows += enrolment.rows(folder)
        _tell("the controls")
        controls = control(folder)
    return {
        "cases": len(rows),
        "breaches": sum(row.breach for row in rows),
        "control_breaches": sum(row.breach for row in controls),
        "rows": [asdict(row) for row in rows],
        "controls": [asdict(row) for row in controls],
    }


def at_the_broker(folder: Path) -> list[Row]:
    """Run the matrix at a site of its own."""
    site = Site(folder)
    site.admit()
    site.rules("revoked")  # on the list before the broker reads it
    with site.broker:
        matrix = Matrix(site)
        try:
            return list(matrix.rows())
        finally:
            matrix.close()


def control(folder: Path) -> list[Row]:
    """Run what must breach: a broker that believes client ids, a desk that forgets."""
    site = Site(folder / "open", believes_client_ids=True)
    site.admit()
    with site.broker:
        matrix = Matrix(site)
        try:
            rows = list(matrix.thefts())
        finally:
            matrix.close()
    answer = enrolment.restore(Office(folder / "forgetful"), folder / "forgotten", how="whole", forgetful=True)
    return [*rows, Row(role=enrolment.ROLE, tried="a used token, forgotten", breach=bool(answer.certificate))]


def show(result: Mapping[str, object]) -> None:
    """Print a line a case, then the sums."""
    for title, rows in (("", result["rows"]), ("\nthe controls, which must breach\n", result["controls"])):
        print(title, end="")
        for row in cast("list[Mapping[str, object]]", rows):
            print(f"{row['role']!s:24}{row['tried']!s:54}{'BREACH' if row['breach'] else 'held'}")
    print(f"\n{result['cases']} cases, {result['breaches']} breaches; {result['control_breaches']} in the controls")


def _tell(what: str) -> None:
    print(f"identity: {what}", file=sys.stderr, flush=True)
