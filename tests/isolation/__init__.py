"""Many requests at once through apps of every composition: what each sends has its own mark, and no other's.

`python -m tests.isolation` runs as many as asked for.
"""
