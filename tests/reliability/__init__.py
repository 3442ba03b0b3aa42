"""What happens to an app and to its events where everything else goes wrong, with figures."""
