"""The app that the examples of the settings reference speak of."""
