"""Functions to trace."""


def run() -> None:
    """Do nothing."""


class Report:
    """A class with a method to trace."""

    def build(self) -> None:
        """Do nothing."""
