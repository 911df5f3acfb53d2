"""Push: what nodes are told, and what they may fetch.

`desired` is the state that each is wanted to be in, `receipts` what it may forget; `offers` say which model it is to
have, `files` hands it over piece by piece, `sweep` makes room among them, and `ends` watches until when what signs them
holds; `forecast` is read from a file, and `foretelling` tells nodes of it.
"""
