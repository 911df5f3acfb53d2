"""The publisher's tool."""
