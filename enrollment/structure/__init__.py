"""The school's structure: years and terms, form groups and the rosters that they fill, rooms, the change of year."""
