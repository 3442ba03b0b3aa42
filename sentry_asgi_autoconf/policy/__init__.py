"""The rules of a platform team: defaults, limits and enforced values, and how they are held."""
