"""The verbs of attendance: open a session, take a capture, set a mark. Views, API and commands call these alone."""
