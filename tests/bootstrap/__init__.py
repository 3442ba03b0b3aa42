"""Install: the bootstrap directory on PYTHONPATH, and the import hook."""
