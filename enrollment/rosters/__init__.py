"""The page on which an administrator chooses a course's students, many at once."""
