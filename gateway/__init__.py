"""The gateway: ingest, dedupe, store, aggregate, publish; push; serve.

    app          the connection at asyncio's edge, the site in a thread
    link         MQTT 5: acknowledgements only for what is committed, and only on the connection it came on
    site         all the rooms below, behind three doors
    ingest       deliveries become rows in one transaction; what breaks the contract is quarantined
    limit, event_time, dedupe   who may be heard, by which time, and what was seen: pure
    store, queries, retention   SQLite: written, asked, trimmed; `schema/` holds its numbered scripts
    receipts     what a node may now forget: pure
    presence, roll              what to show of a node: the judgement is pure, the roll remembers
    aggregate, summary, sketch  windows in event time, mergeable
    publish      plain JSON and CBOR for subscribers: pure
    counters     what is counted, and what each number says
    condition    how the gateway itself fares: a disk that refuses, a broker that drops
    limits       what the broker's file must say so that nothing is lost at it
    push         what nodes are told, retained and versioned
    forecast, foretelling       the sun of the coming days: read from a file, and told to nodes that live by it
    escalate/    better answers for windows that nodes are unsure of: a larger model here, or one in the cloud
    found        `torpor-gateway init`
    rollout/     a model for many nodes: a few first, then all, and back where it fails; the machine is pure
    identity/    the site's authority: who may speak here, and as whom

It sees `node.wire` and nothing else of the node. Decisions are pure; asyncio lives at the edges. One commit goes:
decode, dedupe, insert, COMMIT; then receipts to the nodes; then acknowledgements to the broker; never in another order.
"""
