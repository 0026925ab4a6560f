"""Signals of enrollment, for rooms above it."""

from django.dispatch import Signal

# Sent with `student` when their face is to be erased, before anything is: what other rooms keep of it goes with it.
# Sent again each time that an unfinished erasure goes on. A receiver that cannot finish now raises ErasureUnfinished.
face_withdrawn = Signal()
