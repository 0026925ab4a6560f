"""The office's day: who is absent and since when, whom to call, registers not taken, entries at the desk."""
