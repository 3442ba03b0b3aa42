"""Instrument: an integration is set up as the app imports its library."""
