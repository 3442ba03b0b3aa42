"""The wrap stage: each app is left to its framework's integration, or put in one middleware, once."""
