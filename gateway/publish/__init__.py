"""Publish: what subscribers get.

`output` is the list of topics and what is said there; `roll` remembers every node's life and `presence` judges it;
`energy` says where the joules went, and `energy_table` shows them.
"""
