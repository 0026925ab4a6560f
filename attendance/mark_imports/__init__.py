"""Import of marks from other systems: a kind of import beside those of people and courses.

The way of a row: `shaping` gives a matrix one row a cell, `words` reads its status, `entries` finds student and course,
`lessons` the lesson, `planning` compares it with the register; `writing` goes through the store of marks, and `undoing`
brings back what was there before.
"""
