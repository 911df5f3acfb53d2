"""The errors of a gateway, drawn by who can mend them.

    GatewayError
    ├── ConfigError   the operator: a file says something that cannot be done
    ├── EscalationError  whoever runs the larger model: there is none, or it fails; the node's answer stands
    │   └── ModelDiedError  the same: it ended the process that it ran in, or had to be ended
    ├── RefusedError  who asked: for a certificate that is not granted; the reason goes back
    └── StoreError    the disk: full, read-only or damaged; what is not committed is not acknowledged

What a node did wrong is a `node.wire.errors.WireError`. A broker that is away is no error but a state: `link` waits.
"""

from dataclasses import dataclass


class GatewayError(Exception):
    """Anything that the gateway itself found wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration, and what would be right.

    Attributes:
        path: where it stands, as a person would write it: `mqtt.port`.
        message: what is wrong, and what would be valid.
    """

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class ConfigError(GatewayError):
    """A configuration that cannot be used; carries every problem at once."""

    def __init__(self, problems: list[Problem]) -> None:
        """Hold the problems, in the order of the file.

        Args:
            problems: at least one.
        """
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class EscalationError(GatewayError):
    """A larger model that cannot answer; the reason is told, and the node's answer stands."""


class ModelDiedError(EscalationError):
    """A larger model whose process ended over what it was asked; it is started again, unless that happens too often."""


class RefusedError(GatewayError):
    """A wish for a certificate that is not granted; the reason is told to who asked."""


class StoreError(GatewayError):
    """The database cannot be read or written; nothing is acknowledged until it can.

    Attributes:
        breaks: whether the connection may be broken with it; a full disk or a busy one leaves it whole.
    """

    def __init__(self, message: str, *, breaks: bool = True) -> None:
        """Say what cannot be done, and whether to open the database anew."""
        super().__init__(message)
        self.breaks = breaks
