"""COSE_Sign1 (RFC 9052 §4.2), in the one form that Torpor says it: a payload, its signature, and whose it is.

    [protected: << {1: -8 (EdDSA), 4: key id} >>, unprotected: {}, payload: bstr, signature: bstr .size 64]

The form is narrow on purpose. What is not signed is not there: the key's id stands in the protected header, and the
unprotected one is empty. There is one algorithm, one encoding (RFC 8949 §4.2.1) of each envelope, and no CBOR tag,
because the message around it says what it is. So nothing can be changed on the way that a verifier would not see, and
two envelopes with one meaning are one string of bytes.

Nothing here touches a key: `ed25519` does.

    >>> sealed = compose(b"payload", bytes(8), lambda message: bytes(64))
    >>> parse(sealed).payload, len(sealed) - len(b"payload")
    (b'payload', 83)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cbor2

from node.wire import prescan
from node.wire.errors import WireError

KEY_ID_BYTES: Final = 8
SIGNATURE_BYTES: Final = 64
MOST_BYTES: Final = 4096
"""Of an envelope. A policy has some 110; nobody signs a picture."""
_EDDSA: Final = -8
_CONTEXT: Final = "Signature1"
_PURPOSE: Final = b"torpor/1/policy"
"""Signed along as external data, at no byte on the air: what the key signed elsewhere is no policy."""

Sign = Callable[[bytes], bytes]
"""From a message to its signature of 64 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A signed payload, of which nothing has been verified yet.

    Attributes:
        key_id: whose signature it claims to carry, 8 bytes.
        payload: what was signed; not to be decoded before the signature holds.
        signature: 64 bytes.
    """

    key_id: bytes
    payload: bytes
    signature: bytes

    @property
    def signed(self) -> bytes:
        """What the signature is over: the Sig_structure of RFC 9052 §4.4."""
        return cbor2.dumps([_CONTEXT, _protected(self.key_id), _PURPOSE, self.payload], canonical=True)


def compose(payload: bytes, key_id: bytes, sign: Sign) -> bytes:
    """Sign a payload.

    Args:
        payload: at most about 4,000 bytes.
        key_id: 8 bytes, by which verifiers find the key.
        sign: makes the signature.

    Raises:
        WireError: no verifier would take the outcome.
    """
    draft = Envelope(key_id=key_id, payload=payload, signature=bytes(SIGNATURE_BYTES))
    sealed = _dump(Envelope(key_id=key_id, payload=payload, signature=sign(draft.signed)))
    parse(sealed)
    return sealed


def parse(data: bytes) -> Envelope:
    """Take an envelope apart.

    Args:
        data: as it came off the air.

    Raises:
        WireError: it is too large, no COSE_Sign1, or one in another form than the one above.
    """
    if len(data) > MOST_BYTES:
        raise WireError("too-large", f"an envelope of {len(data)} bytes; at most {MOST_BYTES}")
    protected, unprotected, payload, signature = _items(data)
    header = _load(protected) if type(protected) is bytes else None
    if unprotected != {} or type(header) is not dict or header.keys() != {1, 4} or header[1] != _EDDSA:
        raise WireError("bad-envelope", "the protected header is {1: -8 (EdDSA), 4: key id}, the other one empty")
    envelope = Envelope(
        key_id=_blob(header[4], "key id", KEY_ID_BYTES, KEY_ID_BYTES),
        payload=_blob(payload, "payload", 1, MOST_BYTES),
        signature=_blob(signature, "signature", SIGNATURE_BYTES, SIGNATURE_BYTES),
    )
    if _dump(envelope) != data:
        raise WireError("bad-envelope", "not in its shortest form")
    return envelope


def _items(data: bytes) -> list[object]:
    items = _load(data)
    if type(items) is not list or len(items) != 4:
        raise WireError("bad-envelope", "a COSE_Sign1 is an untagged array of four")
    return items


def _load(data: bytes) -> object:
    prescan.check(data)
    try:
        loaded: object = cbor2.loads(data, max_depth=prescan.MOST_DEPTH, allow_indefinite=False)
    except (cbor2.CBORError, ValueError) as error:  # after the prescan only UTF-8 is left to be wrong
        raise WireError("bad-text", str(error)) from error
    return loaded


def _blob(value: object, what: str, least: int, most: int) -> bytes:
    if type(value) is not bytes or not least <= len(value) <= most:
        raise WireError("bad-envelope", f"{what}: a byte string of {least} to {most} bytes belongs there")
    return value


def _protected(key_id: bytes) -> bytes:
    return cbor2.dumps({1: _EDDSA, 4: key_id}, canonical=True)


def _dump(envelope: Envelope) -> bytes:
    items = [_protected(envelope.key_id), {}, envelope.payload, envelope.signature]
    return cbor2.dumps(items, canonical=True)
