"""Wire: the contract between node and gateway, below both.

    topics      what is said where: `torpor/1/<site>/<node>/<kind>`
    messages    what is said, as frozen values
    fields      the rules for what a field may hold
    codec       values <-> CBOR bytes, through the prescan
    prescan     refuses hostile bytes in one pass, before anything is allocated
    bounded     decompression that cannot be made to grow
    packing     a raw window's items, and how few bytes they take
    coding/     how columns of numbers become few bits, both directions
    quantities  the names that cost one byte
    errors      what can be wrong with bytes
    schema.cddl the same contract for peers not written in Python

It imports the standard library and cbor2, tolerates the future (unknown keys are kept) and is strict about the
present (an unknown major version is refused). Adding a message: a dataclass in `messages`, its rule in
`schema.cddl`, a golden vector in the tests.
"""
