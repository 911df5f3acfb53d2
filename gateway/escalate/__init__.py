"""Escalate: better answers for windows that nodes are unsure of, by a larger model here, or by one in the cloud.

    window       what a node is unsure of, unpacked; and what somebody made of it
    engine       what answers here: one interface over tflite, onnx (ONNX Runtime) and scripted, which is a fake
    card         what a model's file says of itself
    apart        an engine in a process of its own, which may die; `inside` is that process, `frames` what they say
    lives        whether a model that died is started again: pure
    strikes      whose windows it died of: pure
    batcher      windows of many nodes, gathered for one run of the model, each node in its turn: pure
    breaker      whether somebody who failed lately is asked again: pure
    cloud        the Open Inference Protocol, version 2
    desk         two threads that ask, first the one and then the other; nobody waits for them
    answers      what was answered, in the database, until the node has heard it
    drift        whether a node is unsure more often than it used to be: pure
    account      how a node's cascade does, for subscribers
    escalations  all of these, as the site sees them

A node is unsure; its answer stands until a better one comes, and where none comes, that is said too. Ingest never waits
for this room: what finds no place in the desk's queue is dropped, counted, and told.
"""
