"""The principal's page: attendance by week, weekday, hour, course and group, compared with the term before."""
