"""Tools: programs for people. Nothing imports them."""
