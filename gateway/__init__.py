"""The gateway: ingest, dedupe, store, aggregate, publish; push; serve.

It sees `node.wire` and nothing else of the node. Decisions (dedupe, presence, aggregates) are pure; asyncio lives
at the edges: the MQTT connection and, later, the API.
"""
