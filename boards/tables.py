"""A TOML file that is parsed no further than it is asked for.

`tomllib` is plain Python: on a Pi Zero 2 W a whole `board.toml` takes tens of milliseconds, and a wake needs a third of
it. So the text is cut at the lines that begin with a bracket, which is where tables begin, and each half is parsed when
somebody wants it. A bracket may also begin a line inside a value of many lines; the cut then leaves a value open, which
no parser takes for TOML, and the file is parsed whole. So a cut never changes what the file says.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from node.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADER: Final = re.compile(r"^\[\[?[ \t]*([A-Za-z0-9_-]*)", re.MULTILINE)
"""The first word of a table's name; nothing for a quoted one, which then counts as wanted by everybody."""


class Tables:
    """A TOML file's text, and the tables in it."""

    def __init__(self, text: str, path: Path) -> None:
        """Cut, and parse nothing.

        Args:
            text: the whole file.
            path: where it came from, for messages.
        """
        self.path = path
        self._text = text
        headers = list(HEADER.finditer(text))
        starts = [each.start() for each in headers] + [len(text)]
        self._head = text[: starts[0]]
        self._pieces = [(each[1], text[starts[i] : starts[i + 1]]) for i, each in enumerate(headers)]

    def only(self, names: frozenset[str]) -> Mapping[str, object]:
        """Parse these tables, and the keys above all tables.

        Raises:
            ConfigError: the file is not TOML.
        """
        text = self._head + "".join(piece for name, piece in self._pieces if name in names or not name)
        return {key: value for key, value in self._parse(text).items() if key in names}

    def besides(self, names: frozenset[str]) -> Mapping[str, object]:
        """Parse every other table and key.

        Raises:
            ConfigError: the file is not TOML.
        """
        text = self._head + "".join(piece for name, piece in self._pieces if name not in names or not name)
        return {key: value for key, value in self._parse(text).items() if key not in names}

    def _parse(self, text: str) -> Mapping[str, object]:
        import tomllib

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            pass
        try:
            return tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([Problem(str(self.path), f"not TOML: {error}")]) from error
