"""The demo: processes that end, a view that is calm, an account that adds up."""
