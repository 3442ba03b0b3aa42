"""All of the package, tested as it is used."""
