"""Attacks: what a stranger, a thief and a hostile broker try on a node, in families.

    policies   on signed policies; the node under attack is in `victim`, with its mutants
    models     on signed models: forged here; replayed in `replays`, exchanged in `parcels`, patched in `deltas`, asked
               of a gateway in `gateways`; the node is in `updating`, its mutants in `credulous`
    forge      a repository of models that signs whatever it is told to

Each family is a `Family` of `tools.attacks.family`: its attacks against the part of the product that stands in their
way, and its mutants, each of which forgets one check. `python -m tools.bench attacks` runs them all: no attack may
come through, and every mutant has to let one in, or the attacks would not test its check.
"""
