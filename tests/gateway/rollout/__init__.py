"""The staged rollout: its machine against its laws, and the way to it for people."""
