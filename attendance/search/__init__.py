"""Search across the school: students, courses, groups, members of staff and guardians, as far as one may see them."""
