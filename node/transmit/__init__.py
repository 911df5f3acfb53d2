"""Transmit: the outbox that loses nothing, the session that carries it, the inbox that hears back.

    outbox   records on disk until the gateway's receipt; groups their commits; frames them once
    session  one MQTT 5 connection; publishes frames, hands what arrives to the inbox
    backoff  when to try again (pure)
    inbox    desired state and receipts, stored before they are acted on

A record leaves the outbox when the gateway says that it has committed it: a PUBACK is not a delivery.
"""
