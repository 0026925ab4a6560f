"""Imports of files: read, matched to fields, planned, shown, applied, undone.

The way of a file: `reading` makes a table of it, `columns` finds which column is which field, `records` converts the
cells, a kind's pure plan says what would change, and `applying` writes that, noting each change so that `undoing` can
take it back. A room of another app adds a kind of its own: see `kinds`.
"""
