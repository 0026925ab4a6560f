"""The move of the mapping of face ids to students from one store to another: `accounts.moving`."""
