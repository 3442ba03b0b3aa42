"""What a platform team sets for all its services: defaults, limits, and enforced values."""
