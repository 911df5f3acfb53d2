"""Identity: who may speak at this site, and as whom.

    certificates  keys, certificates and the list of revoked ones: pure
    authority     the site's own authority on disk: its key, and what it signed for the broker and the gateway
    files         how its files are written: whole, durable, for their owner alone
    acl           what each role may read and write, as mosquitto wants it told: pure
    register      who was invited, and what was signed for whom: SQLite
    renewal       the broker's and the gateway's own certificates, signed anew in time
    spent         which invitations were handed out, and used by whose key
    requests      what a node asks to be signed, checked: pure
    desk          whether it is
    door          TLS in front of the desk, at asyncio's edge
    denial        of whom the gateway takes nothing any more
    broker, kick  the broker reads its lists again; whoever is still inside is thrown out
    membership    all of that, for an operator; `commands` are its words

A name in a certificate is a name in every topic: a node's is `[a-z0-9-]{1,32}`. Whoever is no node has a name outside
that rule, which begins with `_`: the gateway is `_gateway`, a subscriber `dashboard` is `_dashboard`. The broker takes
the name from the certificate, whatever a client claims, and its client id from that name; so nobody can be two.
"""
