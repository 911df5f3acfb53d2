"""Card: the TOML file beside a model that says what it is. `node/infer/card.py` reads the part that a node needs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Fields = dict[str, object]


def write_model(folder: Path, name: str, content: bytes, fields: Mapping[str, object]) -> Path:
    """Write `<name>.tflite` and its card.

    Args:
        folder: where both go.
        name: of the files.
        content: the model.
        fields: what the card says beside name, size and digest: scalars and lists first, tables after them.

    Returns:
        The model's path.
    """
    path = folder / f"{name}.tflite"
    path.write_bytes(content)
    first: Fields = {"model": f"{name}@1", "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    path.with_suffix(".toml").write_text(toml({**first, **fields}), "utf-8")
    return path


def toml(fields: Mapping[str, object]) -> str:
    """Write a table: scalars, lists of scalars, tables of those, and lists of such tables.

    >>> print(toml({"a": 1, "b": {"c": ["x"]}}))
    a = 1
    <BLANKLINE>
    [b]
    c = ["x"]
    <BLANKLINE>
    """
    lines, tables = [], []
    for key, value in fields.items():
        if isinstance(value, dict):
            tables.append(f"\n[{key}]\n{toml(value)}")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            tables += [f"\n[[{key}]]\n{toml(each)}" for each in value]
        else:
            # TOML writes these as JSON does, but knows no surrogate pairs, and escapes DEL.
            written = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            lines.append(f"{key} = {written}\n")
    return "".join(lines + tables)
