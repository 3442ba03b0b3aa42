"""Tests of the inbox: receiver, API, pages, terminal and command."""
