"""The mechanisms, on a kernel in a folder and on controllers in virtual time."""
