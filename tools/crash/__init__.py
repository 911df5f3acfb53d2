"""Crashes: an update that ends anywhere, by a signal, by the power or by its own model; then whether a model answers.

premises  what a trial needs on disks that nobody cuts: a publisher, its models, a factory's, a configuration
traps     a runtime that does to its process what a model's last words say; else it is the real one
points    each thing that an update is about to do to its files, numbered (the interpreter tells)
life      the node itself, whole, for some cycles in virtual time; it tells what it asks, answers and does
nest      where lives are forked, and die
kills     `kill -9` at each point, and the next life
bad       models that raise, loop, crash or eat all memory, at each stage; and a disk that forgets to count
cell      the power, cut at each point, on a disk that logs
"""
