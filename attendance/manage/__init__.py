"""The page from which administrators reach everything that they look after."""
