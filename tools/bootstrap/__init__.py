"""Bootstrap: from a fresh machine with Python and git to one that can run Torpor.

It runs before the virtual environment exists, so it imports the standard library alone.

    interpreter   is this Python one that Torpor supports? if not, is there another? (parses on Python 3.7)
    steps         one line a step, with its seconds
    packages      programs from the distribution's packages
    confinement   mosquitto where AppArmor would hold it
    environment   virtual environments, made once and stamped
    suite         what `tools/test` does
    demo          what `tools/demo` does before the demo itself
"""
