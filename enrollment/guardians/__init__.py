"""Guardians' accounts: which students a guardian may look at."""
