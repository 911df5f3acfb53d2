"""What can be wrong with bytes from the air.

Both peers raise these; `reason` is a short, stable word that counters and quarantines are kept by.
"""

from typing import Final

REASONS: Final = {
    # topics
    "bad-topic": "a topic that no Torpor peer makes",
    "bad-name": "a site or a node outside [a-z0-9-]{1,32}",
    # prescan
    "too-large": "a payload over 64 KiB, or a field that expands to more than its bound",
    "too-deep": "more than 8 levels",
    "too-many-items": "more than 4,096 items",
    "too-many-entries": "a map of more than 64 entries",
    "truncated": "the bytes end before the item does",
    "trailing-bytes": "the item ends before the bytes do",
    "indefinite": "a length that is not given up front",
    "tag": "a tag: dates, bignums, shared references and the like",
    "bad-simple": "a simple value but false, true and null",
    "bad-head": "an initial byte that RFC 8949 reserves",
    "bad-key": "a key that is neither a short integer nor a text, or that no message has room for",
    "duplicate-key": "a key that stands twice in one map",
    # codec
    "unknown-kind": "a kind of message that this version does not have",
    "unknown-major": "another major version of the wire",
    "missing-key": "a field that has no default and is not there",
    # fields
    "bad-type": "another kind of value than the field holds",
    "bad-text": "text that is not UTF-8, or not of the field's pattern",
    "too-long": "text of too many bytes",
    "bad-length": "too few or too many bytes or items",
    "out-of-range": "a number outside the field's range",
    "not-finite": "NaN or infinity outside a batch's columns",
    "unknown-word": "none of the field's words",
    "bad-ranges": "ranges that are not ascending or overlap",
    # what a gateway has room for
    "too-many-streams": "a node that invents streams, or sets of columns, without end",
    # bodies and compressed fields
    "bad-body": "a packed batch or a compressed field that does not unpack",
    "short-body": "a packed batch that ends too early",
    "unsupported": "an encoding or a signature that needs a package this peer does not have",
    # signed envelopes
    "bad-envelope": "a signed envelope that is no COSE_Sign1, or one in another form than Torpor's",
    "unknown-key": "a key that is not trusted for this",
    "bad-signature": "a signature that is not its key's, or is over something else",
    "wrong-audience": "a policy for another node, group or site",
    "old-counter": "a policy that is not newer than the last one accepted",
    "expired": "a policy whose time is over",
    # enrolment
    "bad-token": "an enrolment token that was copied wrong, or is none",
    "revoked": "a node whose certificates were all revoked",
    # metadata of models
    "untrusted": "metadata that the root which came with the node does not vouch for, or whose time is over",
    "rollback": "metadata older than what was believed before",
    # pieces of files
    "unasked": "a piece of another file, or of none that was asked for",
    "bad-digest": "a piece, or a file, that is not what its digest says",
}
"""Every reason and what it stands for. Closed, so that a counter by reason cannot be made to grow from outside."""


class WireError(ValueError):
    """Bytes that break the contract: refused, counted, quarantined; never a reason to stop."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Name the broken rule.

        Args:
            reason: a short, stable key, such as `too-deep` or `duplicate-key`.
            detail: where and how, for a person.
        """
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
