"""`torpor-gateway node ...` and `torpor-gateway subscriber ...`: identity, for the operator."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # `cryptography` and pydantic are loaded by the commands that need them
    import argparse

    from gateway.config import Config
    from gateway.identity.membership import Membership

FINE, FAILED = 0, 1

SNIPPET = """\
[mqtt]
host = "{host}"
port = {port}
tls = true
server_name = "{server_name}"
ca = "{folder}/ca.pem"
cert = "{folder}/node.pem"
renewal = "{host}:{enrol_port}"
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the commands."""
    node = commands.add_parser("node", help="invite, list and revoke nodes").add_subparsers(dest="what", required=True)
    subscriber = commands.add_parser("subscriber", help="let programs read the output; list and revoke them")
    whose = subscriber.add_subparsers(dest="what", required=True)
    for parser, what, purpose in (
        (node, "add", "print a token with which a node of that name can enrol, once"),
        (node, "image", "write a node's key and certificate, for the image of a board that never enrols"),
        (node, "revoke", "let a node speak no more, from now on"),
        (whose, "add", "write a key and a certificate with which to read the gateway's output"),
        (whose, "revoke", "let a subscriber read no more, from now on"),
    ):
        command = parser.add_parser(what, help=purpose, description=purpose)
        command.add_argument("name", metavar="NAME", help="[a-z0-9-]{1,32}")
        _take_config(command)
        if what == "image" or (parser is whose and what == "add"):
            command.add_argument("--into", type=Path, required=True, metavar="DIR", help="made where it is missing")
    for parser in (node, whose):
        _take_config(parser.add_parser("list", help="who is known, until when"))


def _take_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, default=Path("gateway.toml"), help="(default: %(default)s)")


def run(options: argparse.Namespace) -> int:
    """Run one of them; returns the exit code."""
    from gateway import config
    from gateway.clock import wall_ms
    from gateway.identity.membership import Membership

    found = config.read(options.config)
    membership = Membership(found, wall_ms())
    if options.what == "list":
        return _list(membership, subscribers=options.command == "subscriber")
    if options.what == "revoke":
        return _revoke(membership, options)
    if options.command == "subscriber":
        return _admit(membership, options, found)
    return _invite(membership, options, found) if options.what == "add" else _equip(membership, options, found)


def _invite(membership: Membership, options: argparse.Namespace, found: Config) -> int:
    print(membership.invite(options.name))
    where = f"HOST:{found.identity.enrol_port}"
    print(
        f"Good for {found.identity.token_minutes:g} minutes, for one node. Whoever has this line can be {options.name}:"
        f" carry it as you would a password.\nOn the node, and paste it when asked:\n"
        f"    torpor-node enrol --gateway {where} --config node.toml",
        file=sys.stderr,
    )
    return FINE


def _equip(membership: Membership, options: argparse.Namespace, found: Config) -> int:
    membership.equip(options.name, options.into)
    print(f"{options.into}: node.pem (key and certificate: guard it) and ca.pem. In the node's node.toml:\n")
    print(_snippet(found, str(options.into)))
    return FINE


def _snippet(found: Config, folder: str) -> str:
    from node.wire.enrolment import server_name

    return SNIPPET.format(
        host="HOST",
        port=found.mqtt.port,
        server_name=server_name(found.site.name),
        folder=folder,
        enrol_port=found.identity.enrol_port,
    )


def _admit(membership: Membership, options: argparse.Namespace, found: Config) -> int:
    undone = membership.admit(options.name, options.into)
    name, folder = options.name, options.into
    print(f"{folder}: ca.pem, {name}.pem, {name}.key. For example:\n")
    keys = f"--cafile {folder}/ca.pem --cert {folder}/{name}.pem --key {folder}/{name}.key"
    topic = f"'torpor/1/{found.site.name}/_/#'"
    print(f"    mosquitto_sub -h {found.mqtt.host} -p {found.mqtt.port} {keys} -v -t {topic}\n")
    return _told(undone, "let it read when it starts")


def _revoke(membership: Membership, options: argparse.Namespace) -> int:
    done = membership.revoke(f"_{options.name}" if options.command == "subscriber" else options.name)
    print(f"{options.name}: {done.certificates} certificate(s) revoked; the gateway takes nothing more from it")
    return _told(done.undone, "refuse it when it starts")


def _told(undone: str, consequence: str) -> int:
    if undone:
        print(f"the broker was not told: {undone}; if it is not running, it will {consequence}", file=sys.stderr)
        return FAILED
    return FINE


def _list(membership: Membership, *, subscribers: bool) -> int:
    rows = [each for each in membership.register.members() if each.name.startswith("_") is subscribers]
    for each in rows:
        words = [f"certificate until {_day(each.until_ms)}" if each.until_ms else "no certificate"]
        if each.revoked:
            words.append(f"{each.revoked} revoked")
        if each.invited_until_ms:
            words.append(f"invited until {_day(each.invited_until_ms)}")
        print(f"{each.name.removeprefix('_'):32}  {', '.join(words)}")
    if not rows:
        print(
            f"none yet; `torpor-gateway {'subscriber' if subscribers else 'node'} add NAME` adds one", file=sys.stderr
        )
    return FINE


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
