"""`[mqtt]`: which broker, how to get in, and how patient to be with it; and as whom."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from node.options import option


@dataclass(frozen=True, slots=True, kw_only=True)
class Params:
    """`[mqtt]`: the broker, and how patient to be with it."""

    host: str = option("the broker's name or address")
    port: int = option("the broker's port; 8883 is usual with TLS", default=1883, least=1, most=65_535)
    tls: bool = option("encrypt, and verify the broker", default=False)
    ca: Path | None = option("PEM of who signed the broker's certificate; the system's trust without", default=None)
    cert: Path | None = option("PEM of this node's certificate", default=None)
    key: Path | None = option("PEM of its key, where it does not stand in `cert`", default=None)
    server_name: str = option("the name in the broker's certificate, where it is not `host`", default="")
    renewal: str = option(
        "HOST:PORT at which the gateway renews `cert`, which must hold the key too; never without",
        default="",
        pattern=r"(.+:\d{1,5})?",
    )
    username: str = option("user name; none without", default="")
    password_file: Path | None = option("file that holds the password and nothing else", default=None)
    keepalive_s: int = option("seconds of silence after which a ping is sent", default=60, least=5, most=65_535)
    session_expiry_s: int = option(
        "seconds that the broker keeps messages for an absent node", default=604_800, least=0, most=0xFFFFFFFF
    )
    will_delay_s: int = option("seconds from a broken link to `lost`", default=30, least=0, most=86_400)
    receive_maximum: int = option("unacknowledged messages that the broker may send", default=20, least=1, most=65_535)
    window: int = option("frames on their way without a receipt", default=50, least=1, most=1000)
    connect_timeout_s: float = option("longest wait for one answer while connecting", default=10.0, above=0.0)
    ack_wait_s: float = option("longest wait for the broker's PUBACK", default=15.0, above=0.0)
    receipt_wait_s: float = option("longest wait for the gateway's receipt before napping", default=5.0, least=0.0)
    retry_first_s: float = option(
        "longest pause after the first failed or lost connection; doubles each time, drawn with full jitter",
        default=1.0,
        above=0.0,
    )
    retry_most_s: float = option("longest pause between two attempts to connect", default=60.0, above=0.0)
    resend_s: float = option(
        "from sending to sending again on one connection; doubles each time", default=30.0, above=0.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whose session.

    Attributes:
        site: a level of every topic.
        node: the next one, and the client id.
        boot_id: of this process start.
    """

    site: str
    node: str
    boot_id: bytes
