"""Reference: every part, option, topic, counter and error, written down from the code itself.

markdown  tables
options   what an option may be, from the rule beside it
models    the same for the gateway, from its JSON schema
classes   every class of a package, found by importing it
figures   what a board says of itself, for its README
pages     one page a package
"""
