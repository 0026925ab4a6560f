"""The practice school: a class of invented students with which a school tries a lesson, apart from its own data."""
