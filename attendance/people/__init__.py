"""The office's page of people: the school's students, and the ways to everyone else."""
