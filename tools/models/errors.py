"""What goes wrong when models are published."""


class PublishError(Exception):
    """Something cannot be published as it is; the message says what to do first."""
