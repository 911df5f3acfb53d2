"""The API: what an operator's programs ask and say, over HTTP, with its own description as OpenAPI.

`api` is the list of questions (those about `nodes`, `rollouts` and the `downlink` in modules of their own), `shapes`
what goes in and out, `token` the secret that opens it, `guard` and `visit` what holds a caller to its bounds, and
`server` has it answer beside a running gateway. It is one more door for the operator: what it does goes through the
same desks as the commands, and never through the thread that commits.
"""
