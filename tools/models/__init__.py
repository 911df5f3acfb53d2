"""Models: publish them so that nodes can trust them, under The Update Framework.

    keys        who signs
    repository  what is signed, for how long, and what is served
    target      what is said of a model
    shortcuts   deltas from what nodes may have
    delta       how they are made
    rehearsal   a publisher, its gateway and the air, in one folder: for benches and tests

    python -m tools.models init site/models                      # keys for three, two and one, and the first metadata
    python -m tools.models add site/models digits.tflite --version 2 --windows golden.npz
    python -m tools.models retire site/models digits@1.tflite    # once no node runs it any more
    python -m tools.models sign site/models targets --key targets-1.pem    # on one desk
    python -m tools.models sign site/models targets --key targets-2.pem    # on another
    python -m tools.models publish site/models                   # at the gateway; alone, it renews the timestamp

Two of three keys change who may sign, two of two sign a model; neither has a place on the gateway. The gateway's own
key signs what is newest, and when: a thief of it can withhold a model, never make one. Policies have a key of their
own, which can sign nothing else.
"""
