"""`torpor-node enrol`: from an operator's token to a key and a certificate of this node's own.

The key is made here and never leaves. The token is read from a file, a pipe or the terminal, for an argument can be
read by everybody on the machine; it is told to nobody but the gateway whose authority it names.
"""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from node import durable
from node.config import load
from node.errors import ConfigError, HardwareError, LinkError, Problem
from node.transmit import enrolment, request
from node.transmit.renewal import put
from node.wire.enrolment import Invitation, parse, server_name
from node.wire.errors import WireError
from node.wire.messages import Enrol

if TYPE_CHECKING:
    from node.config import Config

BUDGET_S: Final = 30.0
HOME: Final = "identity"
PLAIN_PORT: Final = 1883
TLS_PORT: Final = 8883


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What enrolling gave.

    Attributes:
        node: its name, by which the gateway knows it.
        cert: the file with certificate and key.
        lines: what belongs into `[mqtt]`.
    """

    node: str
    cert: Path
    lines: str


def read_token(path: Path | None) -> str:
    """Read the token: from a file, from a pipe, or, unseen, from the terminal.

    Raises:
        ConfigError: there is none.
    """
    try:
        if path is not None and str(path) != "-":
            text = path.read_text(encoding="utf-8")
        elif sys.stdin.isatty():
            text = getpass.getpass("enrolment token: ")
        else:
            text = sys.stdin.readline()
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise ConfigError([Problem("--token-file", f"{path}: {getattr(error, 'strerror', None) or error}")]) from error
    return text


def enrol(config_path: Path, gateway: str, token: str) -> Enrolment:
    """Enrol this node.

    Args:
        config_path: its node.toml, which says who it is and where key and certificate go.
        gateway: `HOST:PORT` of the gateway's door.
        token: as `torpor-gateway node add` printed it.

    Raises:
        ConfigError: the token is damaged, is for another node, or was refused; or the configuration is wrong.
        LinkError: the gateway cannot be reached, or is another.
        HardwareError: the disk refuses.
    """
    invitation = _invitation(token)
    config, _ = load(config_path)
    _compare(config, invitation)
    ca, cert = _places(config, config_path.parent)
    where = _address(gateway)
    try:
        for folder in (cert.parent, ca.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority = enrolment.authority(where, invitation, BUDGET_S)
        draft = cert.with_name(f"{cert.name}.key")
        answer = _asked(where, invitation, authority, draft)
        durable.write(ca, authority.encode())
        put(cert, answer, draft)  # last: with it goes the key that could ask once more
    except OSError as error:
        raise HardwareError(f"{cert.parent}: {error.strerror or error}; nothing was changed") from error
    except ValueError as error:
        raise LinkError(f"{gateway} sent no certificate: {error}") from error
    return Enrolment(node=invitation.node, cert=cert, lines=_lines(config, invitation, gateway, (ca, cert)))


def _asked(where: tuple[str, int], invitation: Invitation, authority: str, draft: Path) -> bytes:
    """Tell the secret to the gateway that is known by now, and return the certificate."""
    wish = Enrol(secret=invitation.secret, request=request.make(invitation.node, draft))
    context = enrolment.believing(authority)
    answer = enrolment.ask(where, wish, context, server_name(invitation.site), BUDGET_S)
    if not answer.certificate:
        raise ConfigError([Problem("token", f"the gateway refused: {answer.reason}")])
    return answer.certificate


def _invitation(token: str) -> Invitation:
    try:
        return parse(token)
    except WireError as error:
        raise ConfigError([Problem("token", str(error))]) from error


def _compare(config: Config, invitation: Invitation) -> None:
    """Refuse a token that is for somebody else, before it is shown to anybody."""
    wanted = {"site": invitation.site, "name": invitation.node}
    found = {"site": config.node.site, "name": config.node.name}
    problems = [
        Problem(f"node.{each}", f"{found[each]!r}, and the token is for {wanted[each]!r}; mend one of them")
        for each in wanted
        if wanted[each] != found[each]
    ]
    if config.mqtt and config.mqtt.key:
        problems.append(Problem("mqtt.key", "leave it out: key and certificate are one file here, `cert`"))
    if problems:
        raise ConfigError(problems)


def _places(config: Config, base: Path) -> tuple[Path, Path]:
    ca = config.mqtt.ca if config.mqtt else None
    cert = config.mqtt.cert if config.mqtt else None
    return ca or base / HOME / "ca.pem", cert or base / HOME / "node.pem"


def _address(gateway: str) -> tuple[str, int]:
    try:
        return enrolment.address(gateway)
    except ValueError as error:
        raise ConfigError([Problem("--gateway", str(error))]) from error


def _lines(config: Config, invitation: Invitation, gateway: str, files: tuple[Path, Path]) -> str:
    """Return what belongs into `[mqtt]`; a broker that is named there already stays."""
    mqtt = config.mqtt
    ca, cert = files
    return "\n".join(
        (
            "[mqtt]",
            f'host = "{mqtt.host if mqtt else _address(gateway)[0]}"',
            f"port = {_port(config)}",
            "tls = true",
            f'server_name = "{server_name(invitation.site)}"',
            f'ca = "{ca}"',
            f'cert = "{cert}"',
            f'renewal = "{gateway}"',
        )
    )


def _port(config: Config) -> int:
    """Return the broker's port: one without TLS is not the one that the certificate is for."""
    mqtt = config.mqtt
    return TLS_PORT if mqtt is None or (not mqtt.tls and mqtt.port == PLAIN_PORT) else mqtt.port
