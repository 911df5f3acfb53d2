"""Rollouts: a model for many nodes, a few at first, and back again where it fails them.

    windows     when offers may be made, by the clock on the site's wall: pure
    plan        what an operator wants: which nodes in which stages, and by which limits: pure
    member      one node in a rollout: how it came there, and what it told: pure
    machine     (rollout, events) -> (rollout, who is offered what): pure, and the only place that decides
    page        a rollout as rows of the gateway's database, and back
    steward     what nodes tell becomes events, and what follows becomes rows, in one transaction: the running gateway
    desk        create, pause, resume, abort, overview: what an operator may say, for the command and for an API
    command     `torpor-gateway rollout`; `words` declares it without loading anything; `chart` draws a status

A rollout only moves rows of the table `offer`, as an operator's `torpor-gateway offer` does; the signatures are for
nodes to judge. Its clock is the time that the gateway was listening, so that an outage of its own is nobody's silence.
"""
