"""SQLite's tables in the tests, as strict as PostgreSQL's: a text that is too long or a number too large is refused.

SQLite ignores the length of a column, so a path of 122 characters in a column of 100 was found in production alone.
"""

from django.db.backends.sqlite3.base import DatabaseWrapper

_TEXTS = ("CharField", "FileField", "FilePathField", "SlugField")
_LARGEST = {
    "SmallIntegerField": 2**15,
    "IntegerField": 2**31,
    "PositiveSmallIntegerField": 2**15,
    "PositiveIntegerField": 2**31,
}


def be_as_strict_as_postgresql() -> None:
    """Give each column of the tables that are made from now on a check of what PostgreSQL's column takes."""
    checks = DatabaseWrapper.data_type_check_constraints
    for name in _TEXTS:
        checks[name] = 'LENGTH("%(column)s") <= %(max_length)s'
    for name, beyond in _LARGEST.items():
        least = 0 if name.startswith("Positive") else -beyond
        checks[name] = f'"%(column)s" BETWEEN {least} AND {beyond - 1}'
