"""An app whose module cannot be imported."""

app = 1 // 0
