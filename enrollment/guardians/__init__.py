"""Guardians' accounts: who is invited, what they may look at, and the orders that keep one from a student."""
