"""The outbox, the session and the inbox, on real files and a real broker."""
