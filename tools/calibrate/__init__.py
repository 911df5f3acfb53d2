"""Calibrate: make a classifier's confidence mean what it says, by one number that is written into its card.

`fit` finds the temperature, `card` puts it in its place, `pictures` reads what somebody has labelled.
"""
