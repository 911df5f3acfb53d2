"""What the gateway says: a value that the pure rooms make and the link sends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish, at QoS 1.

    Attributes:
        topic: where.
        payload: what.
        retain: whether whoever subscribes later must have it too.
    """

    topic: str
    payload: bytes
    retain: bool = False
