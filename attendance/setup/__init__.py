"""The page that leads a new school's administrators from nothing to the first register."""
