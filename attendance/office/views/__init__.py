"""Pages of the office's day."""
