"""Init: the rules of a platform, its limits and enforced values."""
