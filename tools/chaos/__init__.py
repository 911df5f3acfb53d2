"""Chaos: a site of real processes, what is done to it, and what must have survived.

    faults     what happens when, drawn from a seed (pure)
    site       broker, gateway and nodes as processes; the shell that does to them what `faults` says
      broker   one mosquitto that can be killed, frozen, and robbed of its disk
      configs  of its nodes and its gateway
      disks    what its processes hold
      network  TCP proxies between them that can cut, stall, tear and go silent
    subject    a node that keeps a journal of what it committed, beside its outbox
    journal    that journal, and its comparison with what the gateway holds (pure)
    run        faults on a site, then the time until every outbox is empty
    outage     an hour without a gateway, in seconds, and the broker's death at its end

Two broken variants belong to it, for a trial that nothing can fail proves nothing: `forgetful`, a node that takes the
broker's PUBACK for a receipt, and `hasty`, a gateway that acknowledges before its commit. They are no option of the
product.
"""
