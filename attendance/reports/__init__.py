"""Reports: a course's and a form group's lessons as a matrix, and a student's page for staff."""
