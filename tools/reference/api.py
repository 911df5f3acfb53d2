"""The gateway's API as a page: each question, and what goes in and out."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, cast

from gateway.config import Config
from gateway.serve import shapes
from gateway.serve.api import DESCRIPTION, build
from tools.reference.markdown import code, first_line, table
from tools.reference.models import model_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel


def api_text() -> str:
    """Return the text below the page's heading."""
    head = f"Over HTTP, where `[serve]` has a port; `{DESCRIPTION}` says the same to programs, as OpenAPI."
    return "\n\n".join((head, table(("question", "answer"), _questions()), *_shapes()))


def _questions() -> Iterator[tuple[str, str]]:
    described: dict[str, Any] = build(Config()).openapi()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield code(f"{method.upper()} {path}"), operation["description"]


def _shapes() -> Iterator[str]:
    for name, shape in inspect.getmembers(shapes, inspect.isclass):
        asked = shape.__module__ == shapes.__name__ and not shape.__subclasses__()
        if asked and getattr(shape, "model_fields", None):
            yield f"### {name}\n\n{first_line(shape)}\n\n{model_table(cast('type[BaseModel]', shape))}"
