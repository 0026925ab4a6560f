"""OneRoster 1.1 and 1.2 as CSV bundles: read as real systems write them, and planned like any other file."""
