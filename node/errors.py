"""The errors of a node, drawn by who can mend them.

    TorporError
    ├── ConfigError     the operator: a file says something that cannot be done
    ├── HardwareError   the device: a chip, a bus, a disk does not answer
    ├── LinkError       time: the broker or the network is away; waiting helps
    ├── WireError       the peer: bytes from the air that break the contract (see `node.wire.errors`)
    └── ModelError      the publisher: a model file that this node cannot run

A message says what, where and what to do; the data behind it ride as attributes.
"""

from dataclasses import dataclass

from node.wire.errors import WireError

__all__ = ["ConfigError", "HardwareError", "LinkError", "ModelError", "Problem", "TorporError", "WireError"]


class TorporError(Exception):
    """Anything that Torpor itself found wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration, and what would be right.

    Attributes:
        path: where it stands, as a person would write it: `gate.delta`, `preprocess[1].size`.
        message: what is wrong, and what would be valid.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ConfigError(TorporError):
    """A configuration that cannot be used; carries every problem at once."""

    def __init__(self, problems: list[Problem]) -> None:
        """Hold the problems, in the order of the file.

        Args:
            problems: at least one.
        """
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class HardwareError(TorporError):
    """A device did not answer, or answered nonsense; the reading is missing, the node goes on."""


class LinkError(TorporError):
    """The broker or the network is away. Nothing is lost: the outbox keeps what was committed."""


class ModelError(TorporError):
    """A model that cannot be loaded or run here; the node senses on and reports the reason."""
