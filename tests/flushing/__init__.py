"""Flush: nothing captured is lost, and nothing is reported twice."""
