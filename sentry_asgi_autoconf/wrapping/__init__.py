"""The wrap and serve stages: one Sentry middleware around each served app."""
