"""Energy: what joules go for, and living within them.

`economy` keeps the books of a running node, `means` bends its tempo to the battery and the sun, `plan` says beforehand
what a day will cost.
"""
