"""The configurations of a trial's nodes and its gateway, as a person would write them.

All that makes one wait is short, so that a minute holds many attempts; nothing is asked of anybody that the options do
not offer.
"""

from __future__ import annotations

from typing import Final

SITE: Final = "plant"

_NODE: Final = """
[node]
site = "{site}"
name = "{name}"
state_dir = "state"
board = "generic"
[mqtt]
host = "127.0.0.1"
port = {port}
receipt_wait_s = 1.0
ack_wait_s = 5.0
retry_first_s = 0.1
retry_most_s = 0.5
resend_s = 2.0
[sense.tick]
part = "signal"
channel = "tick"
drift_per_s = 1.0
[gate]
{gate}
[outbox]
group_records = 8
group_s = 0.2
batch_records = 40
[transmit]
interval_s = 0.3
health_s = 1.0
[sleep]
period_s = {period_s}
"""
TALKS: Final = 'part = "always"'
LISTENS: Final = 'part = "level"\nchannel = "tick"\nlevel = 1e300'
"""A gate that never opens: nothing new is recorded, what waits is delivered."""

_GATEWAY: Final = """
[site]
name = "{site}"
[mqtt]
host = "127.0.0.1"
port = {port}
keepalive_s = 4
[ingest]
commit_ms = {commit_ms}
"""


def node_toml(name: str, port: int, gate: str, period_s: float) -> str:
    """Return a `node.toml`.

    Args:
        name: of the node.
        port: where it reaches the broker, on this machine.
        gate: the lines of its rule.
        period_s: from record to record.
    """
    return _NODE.format(site=SITE, name=name, port=port, gate=gate, period_s=period_s)


def gateway_toml(port: int, commit_ms: int) -> str:
    """Return a `gateway.toml`.

    Args:
        port: where it reaches the broker, on this machine.
        commit_ms: how long it gathers before it commits.
    """
    return _GATEWAY.format(site=SITE, port=port, commit_ms=commit_ms)
