"""Moves of marks and of pictures from one store to another, while the portal runs: `accounts.moving`."""
