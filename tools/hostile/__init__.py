"""Hostile: what somebody who may speak to a broker can say to a gateway and to a node, thrown at real ones.

forgeries  messages that break the contract, each with the reason that it has to be refused for (pure)
packets    packets that break MQTT, for the broker
good       nodes that mean no harm, and how long their receipts take meanwhile
control    what the plain decoders make of the same bombs, in a child with limits
memory     how much a process has grown
"""
