"""The real package, but for its `interpreter`."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
