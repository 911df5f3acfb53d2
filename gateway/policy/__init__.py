"""Policies: what nodes shall live by, signed here, and sent with the desired state.

`key` is the file that signs, `register` what was signed and what of it holds for a node, `schedule` the rules by hour,
battery and sun, `hours` the clock that they go by, `steering` puts them together for a running gateway. `desk` is the
operator's way in, by `command` or by the API; `words` declares the command without loading anything. The judgement of
an envelope is in `node.wire.policy`, the same for both peers.
"""
