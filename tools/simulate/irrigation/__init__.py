"""Irrigation: what the scenario `agriculture` is made of.

settings  the station's configurations: all on, the way before, each technique off
season    the real node in one of them, boot after boot
outfit    its camera, engine and clocks, which take the time that the board would
motes     real weather for it to watch
latency   what a picture takes a model on the board
trial     many seasons, and a row for each
premises  what is taken for granted
table     the figures, for people
plot      and as a picture
"""
