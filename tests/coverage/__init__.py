"""Branch coverage of the package by the tests, subprocesses included, and the lines that none reaches, with reasons."""
