"""Modules that are imported when they are first touched.

A cycle that the gate turns down must not pay for numpy, the ML runtime or paho: importing numpy alone
costs more than a whole sleeping minute's worth of readings. A module that needs one writes

    if TYPE_CHECKING:
        import numpy as np
    else:
        np = lazy("numpy")

so that type checkers see the real thing. `importlib.util.LazyLoader` was not taken: it finds the module's
file at once, which for a large package is half of the price, and it fails late when the package is absent.
"""

import importlib
import sys
from types import ModuleType


class _Lazy(ModuleType):
    """A module that becomes the real one at its first attribute."""

    def __getattr__(self, name: str) -> object:
        real = importlib.import_module(self.__name__)
        # From here on every attribute is a plain look-up: __getattr__ is only called for what is missing.
        self.__dict__.update(real.__dict__)
        return getattr(real, name)


def lazy(name: str) -> ModuleType:
    """Return the module `name`, or a stand-in that imports it at its first use.

    Args:
        name: dotted, absolute.

    Returns:
        The module itself where it is already loaded, else the stand-in. Importing errors surface at
        the first use, as `ModuleNotFoundError`.

    >>> maths = lazy("math")
    >>> maths.floor(2.5)
    2
    """
    return sys.modules.get(name) or _Lazy(name)
