"""Printed: a stranger's words on somebody's terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return words so that they cannot steer a terminal.

    >>> print(printable("fine \x1b[2J"))
    fine \x1b[2J
    """
    return "".join(each if each.isprintable() else f"\\x{ord(each):02x}" for each in text)
