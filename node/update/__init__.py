"""Update: a model comes over the air, proves itself, and takes the old one's place, or leaves it standing.

    params     what an operator may set: `[update]`
    terms      what the publisher says of a model, inside its signed target (pure)
    fitness    whether this node can run it at all, and why not (pure)
    machine    the steps of an update, and what follows on what (pure)
    progress   where an update stands, on disk
    line       asks and pieces, over the uplink's connection
    precedent  metadata as what differs from what is here
    trust      The Update Framework's client, its floor and its disk
    pieces     a file that arrives over many wakes
    cache      files that came, by their digests
    shortcut   which delta is the way to a model (pure)
    delta      a model out of another and what is different
    stock      all files of an update, wherever they are
    slots      two places for a model, beside the factory's
    selftest   golden windows, in a child process
    updater    one step after another, each when its time has come
    stand_in   the engine: whichever model answers now
    probation  beside it, unheard, the one that was installed last
    room       all of it, put together

No stage imports this room, and without `[update]` nothing of it is imported. A model is never trusted because it came:
the digest of what runs stands in a target that two offline keys have signed.
"""
