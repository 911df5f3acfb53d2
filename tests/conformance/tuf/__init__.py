"""What any client of The Update Framework refuses and accepts, and so a node's: the cases of tuf-conformance."""
