"""Evacuation: who is in which room now, ticks by several people at once, with or without a network; visitors."""
