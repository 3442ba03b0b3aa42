"""What `check` looks at: one subject a module, each of which gives findings."""
