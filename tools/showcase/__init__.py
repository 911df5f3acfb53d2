"""Showcase: what `tools/demo` runs. A broker, a gateway and three nodes, as real processes, and a look at them.

nodes     the three configurations
children  processes that never outlive the one that started them
site      all of them together: started in order, ended in order
witness   a subscriber, as any MQTT client could be
view      the live picture, for a terminal or for a log
account   the last line: what was committed, stored, seen, and what it cost
"""
