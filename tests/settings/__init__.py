"""Init: what each setting is read from, accepts and refuses."""
