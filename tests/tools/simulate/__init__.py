"""The simulations' own arithmetic, and their short forms."""
