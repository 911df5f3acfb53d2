"""Conformance: what a node believes of models, behind the command line that suites of TUF drive.

    client   a node's trust, its line and its pieces, on a folder
    bridge   a repository on the web, in the place of a gateway

The independent suite `tuf-conformance` drives it, faketime included:

    python -m pytest tuf_conformance --entrypoint "$(command -v torpor) conformance"

and `tests/conformance/tuf` holds it to the same cases without that suite. One kind of case cannot pass: a target
without a SHA-256, for nodes ask for files by that digest and by nothing else. And one thing is stricter in a node: it
looks for models in what the offline keys say, and in no delegation; this client goes through those, as TUF has it.
"""
