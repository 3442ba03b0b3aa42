"""Init: the guard of whatever initialises Sentry besides, and what an organisation's configurators do."""
