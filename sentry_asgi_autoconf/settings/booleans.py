"""Read booleans as people write them."""

from __future__ import annotations

# At least every word that the SDK takes for its own variables.
TRUE_WORDS = frozenset(("true", "t", "yes", "y", "on", "1", "enable", "enabled"))
FALSE_WORDS = frozenset(("false", "f", "no", "n", "off", "0", "disable", "disabled"))


def parse_boolean(text: str) -> bool | None:
    """Give True, False, or None for a word that is neither; letter case and blanks around do not matter."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    return None
