"""The same random requests to the same apps, bare and with this package in the path: what the client sees is compared.

`python -m tests.differential` runs as many as asked for; the same seed makes the same requests.
"""
