"""What public bug reports of Sentry, its peers and the servers found, on every server: each right value is a test."""
