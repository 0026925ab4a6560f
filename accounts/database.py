"""The log of the portal's SQLite file: erased rows leave it at once.

On PostgreSQL nothing is to be done: its files are its server's.
"""

import logging

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)
_PATIENCE = 1_000  # milliseconds to wait for readers; what stays in the log goes with the next call


def erased_rows_remove() -> None:
    """Empty the write-ahead log, which may still hold the pages of rows that were erased. Outside transactions.

    The pages themselves are overwritten as rows are deleted (`secure_delete`, in the settings).
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return
    with connection.cursor() as cursor:
        try:
            [patience] = cursor.execute("PRAGMA busy_timeout").fetchone()
            cursor.execute(f"PRAGMA busy_timeout={_PATIENCE}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            cursor.execute(f"PRAGMA busy_timeout={patience}")
        except DatabaseError:
            logger.warning("The database's log could not be emptied now", exc_info=True)
