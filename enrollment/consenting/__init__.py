"""Consents: the school's form, the answers on paper and online, and the lists of who has answered what."""
