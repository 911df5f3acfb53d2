"""The suite mirrors the tree; `conformance/` crosses every part with every check."""
