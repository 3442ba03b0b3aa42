"""Local receiver of the Sentry protocol: terminal view, web pages and a JSON API (extra `inbox`)."""
