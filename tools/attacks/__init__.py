"""Attacks: what a stranger, a thief and a hostile broker try on a node, one family a module.

Each family is a `Family` of `tools.attacks.family`: its attacks against the part of the product that stands in their
way, and its mutants, each of which forgets one check. `python -m tools.bench attacks` runs them all: no attack may
come through, and every mutant has to let one in, or the attacks would not test its check.
"""
