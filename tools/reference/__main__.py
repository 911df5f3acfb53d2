"""Write each package's REFERENCE.md and each board's figures; `--check` writes nothing and says what is old."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from node.errors import ConfigError
from tools.reference.figures import with_figures
from tools.reference.pages import PAGES

ROOT: Final = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    """Write or check.

    Returns:
        0, or 1 where `--check` found a page that differs, or a board is not sound.
    """
    parser = argparse.ArgumentParser(prog="torpor reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    options = parser.parse_args()
    try:
        pages = current()
    except ConfigError as error:  # a board that is not filled in yet
        print(error)
        return 1
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if options.check:
            print(f"{path.relative_to(ROOT)} is out of date; run: python -m tools.reference")
        else:
            path.write_text(pages[path])
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and options.check else 0


def current() -> dict[Path, str]:
    """Return what each page should say, by its path; a board's README keeps what a person wrote around its figures."""
    pages = {ROOT / package / "REFERENCE.md": page() for package, page in PAGES.items()}
    return pages | {path: with_figures(path) for path in (ROOT / "boards").glob("*/README.md")}


if __name__ == "__main__":
    sys.exit(main())
