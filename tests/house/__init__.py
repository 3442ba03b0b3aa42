"""The house rules: style, types, layers, documentation."""
