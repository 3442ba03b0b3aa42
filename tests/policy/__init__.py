"""Layers, policies, the guard of an app's own init, and configurators."""
