"""CBOR's diagnostic notation (RFC 8949 §8), as the golden vectors show it beside their hex."""

from __future__ import annotations


def diagnose(item: object) -> str:
    """Return a decoded item in diagnostic notation.

    >>> diagnose({0: 1, 1: b"a", 2: [1.5, None, True]})
    "{0: 1, 1: h'61', 2: [1.5, null, true]}"
    """
    if isinstance(item, dict):
        return "{" + ", ".join(f"{diagnose(key)}: {diagnose(value)}" for key, value in item.items()) + "}"
    if isinstance(item, list):
        return "[" + ", ".join(map(diagnose, item)) + "]"
    if isinstance(item, bytes):
        return f"h'{item.hex()}'"
    if isinstance(item, str):
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return {"None": "null", "True": "true", "False": "false"}.get(str(item), str(item))
