"""Readiness: which students lack something to be recognised, and what to do about it."""
