"""`torpor-gateway init`: a commented gateway.toml, a mosquitto.conf with the limits that delivery needs, a site's id.

Every line of the broker's file carries its reason, because each of its defaults loses messages silently somewhere.
"""

from __future__ import annotations

import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.config import Config
from gateway.errors import ConfigError, Problem
from gateway.policy import key
from node.wire import topics
from node.wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Mapping

_BROKER: Final = """\
# mosquitto for Torpor's site {site!r}. Run it with: mosquitto -c {path}

{listener}

# Started by root, mosquitto would go on as a user who may not write here, and keep nothing over a restart.
user {owner}

# While the gateway is away its messages wait here. The default keeps 1000 and drops the rest without a word, after it
# acknowledged them. An explicit number, because 0 (unlimited) was broken in 2.0.16 and again until 2.0.22.
max_queued_messages 1000000
# No second limit in bytes that would undo the first.
max_queued_bytes 0
# Lets the gateway commit in groups: messages that may be under way to it, or from it, unacknowledged.
max_inflight_messages 2000
# Acknowledgements leave at once, instead of waiting up to 40 ms for company (Nagle against delayed ACK).
set_tcp_nodelay true

# Keeps sessions and queues over a restart. A broker that is killed still loses what came since the last save, which is
# why a node deletes nothing before the gateway's own receipt.
persistence true
persistence_location {state}/
autosave_interval 30
# Who comes, who goes and what is wrong; not that it saved, twice a minute, into a journal on an SD card.
log_type error
log_type warning
log_type notice

# A message of Torpor is at most 64 KiB. The broker tells clients the packet's limit when they connect; a message over
# message_size_limit would instead go unanswered and jam its sender, so it is the larger of the two.
max_packet_size 70000
message_size_limit 70000
"""

_LOCAL: Final = """\
# On this machine only. Whoever can reach it may speak: fit for a try, not for a network.
listener {port} {host}
allow_anonymous true"""

_SEALED: Final = """\
# Nobody speaks without a certificate of this site's own authority, TLS 1.2 or newer; the revoked are listed.
listener {port}{bind}
tls_version tlsv1.2
cafile {identity}/ca.pem
certfile {identity}/broker.pem
keyfile {identity}/broker.key
crlfile {identity}/crl.pem
require_certificate true
allow_anonymous false
# Who it is stands in the certificate, whatever user name a client claims; and so does its client id: with another's,
# a stolen node would take over that one's session, and destroy what waits in it.
use_identity_as_username true
use_username_as_clientid true
acl_file {identity}/acl
# By this torpor-gateway finds the broker, to have it read the two lists again.
pid_file {state}/mosquitto.pid"""

FILES: Final = ("gateway.toml", "mosquitto.conf", "site.toml", "policy.key", "policy.pub")
LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where the broker listens, and to whom.

    Attributes:
        host: the address that it listens on; empty for all of this machine's.
        port: its port.
        identity: folder of the authority that its clients are known to, beside gateway.toml; None: without TLS and
            without names, for a try on this very machine.
    """

    host: str
    port: int
    identity: Path | None = None


def refuse_plain(folder: Path) -> None:
    """Refuse a folder whose broker takes anybody: what is there stays, and an identity beside it would seal nothing.

    Raises:
        ConfigError: it was made with `--plain`.
    """
    path = folder / "mosquitto.conf"
    if path.exists() and "\nallow_anonymous true" in path.read_text(encoding="utf-8"):
        told = "this site was made with --plain, and its files stay as they are; init another folder, or move this away"
        raise ConfigError([Problem(str(path), told)])


def write(folder: Path, site: str, where: Where) -> list[Path]:
    """Write the files; those that are there are left alone.

    Args:
        folder: made where it is missing.
        site: the site's name.
        where: the broker.

    Returns:
        What was written.

    Raises:
        ConfigError: the name cannot be one, or the folder cannot be written.
    """
    try:
        topics.name(site)
        folder.mkdir(parents=True, exist_ok=True)
        state = folder.resolve() / "broker"
        state.mkdir(mode=0o700, exist_ok=True)
        path = folder.resolve() / "mosquitto.conf"
        owner = pwd.getpwuid(state.stat().st_uid).pw_name
        listener = _listener(where, state)
        files = {
            "gateway.toml": configuration(given(site, where)),
            "mosquitto.conf": _BROKER.format(site=site, path=path, listener=listener, owner=owner, state=state),
            "site.toml": f'# Who this site is; keep it with the database.\nname = "{site}"\nid = "{_id()}"\n',
        }
        written = [each for name, text in files.items() if (each := _write(folder / name, text)) is not None]
        return written + key.make(folder / "policy.key")
    except WireError as error:
        raise ConfigError([Problem("--site", str(error))]) from error
    except KeyError as error:
        raise ConfigError([Problem(str(folder), f"its owner has no account here: {error}")]) from error
    except OSError as error:
        raise ConfigError([Problem(str(folder), str(error))]) from error


def _listener(where: Where, state: Path) -> str:
    if where.identity is None:
        if where.host not in LOOPBACK:
            raise ConfigError([Problem("--host", f"{where.host!r}: --plain is for this machine alone; leave one out")])
        return _LOCAL.format(port=where.port, host=where.host)
    bind = f" {where.host}" if where.host else ""
    return _SEALED.format(port=where.port, bind=bind, identity=where.identity.resolve(), state=state)


def given(site: str, where: Where) -> dict[tuple[str, str], object]:
    """Return the options of a gateway.toml that have no default for this site."""
    host = where.host or LOOPBACK[0]
    options: dict[tuple[str, str], object] = {
        ("site", "name"): site,
        ("mqtt", "host"): host,
        ("mqtt", "port"): where.port,
    }
    if where.identity is not None:
        for option, file in (("ca_file", "ca.pem"), ("cert_file", "gateway.pem"), ("key_file", "gateway.key")):
            options["mqtt", option] = f"{where.identity.name}/{file}"
    return options


def configuration(given: Mapping[tuple[str, str], object]) -> str:
    """Return a gateway.toml in which every option stands, with its meaning; what is not given is commented out."""
    lines = ["# Torpor's gateway. What is commented out is the default. Check with: torpor-gateway check", ""]
    for section, table in Config.model_fields.items():
        lines += [f"# {type(table.default).__doc__}", f"[{section}]"]
        for name, option in type(table.default).model_fields.items():
            value = given.get((section, name), option.default)
            shown = f"{name} = {_toml(value)}" if (section, name) in given else f"# {name} = {_toml(value)}"
            lines.append(f"{shown:32}  # {option.description}")
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value or ""}"'


def _id() -> str:
    return secrets.token_hex(16)


def _write(path: Path, text: str) -> Path | None:
    """Write a file that only its owner reads."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return None
    return path
