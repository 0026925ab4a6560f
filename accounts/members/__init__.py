"""The page of a school's members and invitations."""
