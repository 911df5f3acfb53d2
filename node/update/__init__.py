"""Update: a model comes over the air, proves itself, and takes the old one's place, or leaves it standing.

    terms     what the publisher says of a model, inside its signed target (pure)

No stage imports this room. A model is never trusted because it came: the digest of what runs stands in a target that
two offline keys have signed.
"""
