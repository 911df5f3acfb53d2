"""Downlink: what nodes are asked beyond how they live: to stay up for a while, and to do something once.

`lifecycle` says how a command goes from ordered to done (pure), `register` keeps both in the database, `wishes` takes
them into what a running gateway tells its nodes and hears from them, and `desk` is where an operator stands; `command`
and the API are on either side of it. `words` declares the commands without loading anything.
"""
