"""Real interpreters, real servers, a real receiver: what the tests run the package with."""
