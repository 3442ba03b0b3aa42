"""The instrument stage: the SDK's integration of a library is set up when the app imports that library."""
