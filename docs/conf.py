"""Build the documentation: `sphinx-build -W docs docs/_build`."""

from sentry_asgi_autoconf import __version__

project = "sentry-asgi-autoconf"
copyright = "the sentry-asgi-autoconf authors"
version = release = __version__
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"{project} {version}"
# The settings link to one another by heading.
myst_heading_anchors = 3
