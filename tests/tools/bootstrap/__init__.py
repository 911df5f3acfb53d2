"""The set-up of a fresh machine, with the machine played by a folder."""
