"""Write each package's REFERENCE.md from its code; `--check` writes nothing and says which are out of date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from tools.reference.pages import PAGES

ROOT: Final = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Write or check.

    Returns:
        0, or 1 where `--check` found a page that differs.
    """
    parser = argparse.ArgumentParser(prog="torpor reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    options = parser.parse_args()
    stale = [path for path, text in current().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if options.check:
            print(f"{path.relative_to(ROOT)} is out of date; run: python -m tools.reference")
        else:
            path.write_text(current()[path])
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and options.check else 0


def current() -> dict[Path, str]:
    """Return what each page should say, by its path."""
    return {ROOT / package / "REFERENCE.md": page() for package, page in PAGES.items()}


if __name__ == "__main__":
    sys.exit(main())
