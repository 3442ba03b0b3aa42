"""What a fleet is given: the bundle, and what `install` writes."""
