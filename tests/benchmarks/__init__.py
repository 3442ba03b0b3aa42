"""What the product costs, against no instrumentation, Sentry set up by hand, and other products."""
