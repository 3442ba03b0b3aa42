"""The serve stage: what happens around each request, and what leaves of it."""
