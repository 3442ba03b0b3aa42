"""Mutation testing: small defects put into the package one at a time, and whether the tests notice, by Cosmic Ray."""
