"""Retention: what each school keeps for how long, and the deletion of what is past its time."""
