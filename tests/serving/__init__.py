"""The main job: apps served by real servers."""
