"""Acme's policy for Sentry."""

from pathlib import Path

POLICY = Path(__file__).with_name("policy.toml")
