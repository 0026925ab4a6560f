"""Views of photos in bulk."""
