"""Escalate: what a node is unsure of goes up, and what a larger model made of it comes back.

`windows` are the blocks that are kept as the model saw them; `escalation` hands them to the outbox and hears the
answers.
"""
