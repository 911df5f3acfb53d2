"""Every class of a package, found by importing all of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

from tools.reference.markdown import code, first_line, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def modules(package: str) -> Iterator[ModuleType]:
    """Import a package and everything below it."""
    root = importlib.import_module(package)
    yield root
    for each in pkgutil.walk_packages(root.__path__, f"{package}."):
        yield importlib.import_module(each.name)


def errors(package: str) -> list[type[BaseException]]:
    """Return every exception that a package defines, by module and name."""
    found = {
        each
        for module in modules(package)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, BaseException) and each.__module__.partition(".")[0] == package
    }
    return sorted(found, key=lambda each: (each.__module__, each.__name__))


def error_table(package: str) -> str:
    """Return a row for each error: what it is, what it is a kind of, where it is defined."""
    rows = (
        (code(each.__name__), code(each.__mro__[1].__name__), code(each.__module__), first_line(each))
        for each in errors(package)
    )
    return table(("error", "is a", "in", "meaning"), rows)
