"""The flush stage: what was captured is sent before the process ends, within one deadline."""
