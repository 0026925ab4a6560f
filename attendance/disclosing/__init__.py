"""A student's complete data, as a page and as a bundle: for the administrators, and for the student."""
