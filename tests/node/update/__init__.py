"""The update room."""
