"""The page of the access log, for the school's administrators."""
