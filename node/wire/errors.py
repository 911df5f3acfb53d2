"""What can be wrong with bytes from the air.

Both peers raise these; `reason` is a short, stable word that counters and quarantines are kept by.
"""


class WireError(ValueError):
    """Bytes that break the contract: refused, counted, quarantined; never a reason to stop."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """Name the broken rule.

        Args:
            reason: a short, stable key, such as `too-deep` or `duplicate-key`.
            detail: where and how, for a person.
        """
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
