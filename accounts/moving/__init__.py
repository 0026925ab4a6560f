"""Moves of what a school keeps from one store to another, while the portal runs.

A move is a job (`accounts.jobs`): it copies piece by piece, compares both stores piece by piece, and goes on from its
last checkpoint when its process dies. Copying a piece again changes nothing, so nothing is lost or doubled. Which
store the portal uses is said by its settings alone; a move never switches.
"""

from accounts.moving.running import (
    Move,
    Pile,
    Step,
    keys_of,
    move_run,
    pile_of,
    piles_of_both,
    postponed_on,
    refuse_the_read,
)

__all__ = ["Move", "Pile", "Step", "keys_of", "move_run", "pile_of", "piles_of_both", "postponed_on", "refuse_the_read"]
