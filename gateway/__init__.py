"""The gateway: ingest, store, aggregate, publish; push; serve.

    app, opened  the connection at asyncio's edge, the site in a thread, and both anew after a disk that failed
    link         MQTT 5: acknowledgements only for what is committed, and only on the connection it came on
    packets, sending, credentials   what the link reads, cut; what it sends, within a window; what it shows the broker
    site         all the rooms below, behind three doors
    printed      a stranger's words on a terminal
    condition, counters, watchdog   how the gateway itself fares, what it counts, and that it lives
    ingest/      deliveries become rows in one transaction; what breaks the contract is quarantined
    store/       SQLite: written, asked, trimmed
    aggregate/   windows in event time, mergeable: pure
    publish/     plain JSON and CBOR for subscribers: pure
    push/        what nodes are told, retained and versioned, and what they may fetch
    policy/      settings for nodes, signed: by an operator, or by a schedule
    rollout/     a model for many nodes: a few first, then all, and back where it fails; the machine is pure
    downlink/    leases that keep a sleeper up, and commands that it carries out once
    escalate/    better answers for windows that nodes are unsure of: a larger model here, or one in the cloud
    identity/    the site's authority: who may speak here, and as whom
    serve/       the operator's API, over HTTP
    setup/       the files that a gateway and its broker begin with

It sees `node.wire` and nothing else of the node. Decisions are pure; asyncio lives at the edges. One commit goes:
decode, dedupe, insert, COMMIT; then receipts to the nodes; then acknowledgements to the broker; never in another order.
"""
