"""Policies at a node: taken up from the gateway, kept, and followed for as long as they deserve it.

What arrives is judged by `node.wire.policy`; here is what a node does with it. `standing` is the pure memory: which
policy is in force, which was before it, and when either gives way. `bounds` says what this node lets itself be asked,
`overlay` lays what is left on the configuration, and `keeper` is the thin effect: it verifies, writes, and only then
lets a policy count. A node without a `[policy]` follows none, and imports nothing of this room.
"""
