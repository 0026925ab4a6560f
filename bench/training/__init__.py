"""Training of what the embedded face engine ships besides its networks, from photos whose people are known.

    python -m bench.training centre FOLDER centre.json    the mean face; the second embedder's beside it, _second
    python -m bench.training cover FOLDER cover.json      the detector of masks and sunglasses
    python -m bench.training covered FOLDER covered.json  the mean faces with either half covered
    python -m bench.training limits FOLDER limits.json    what covered students and covered strangers reach
    python -m bench.training ranges FOLDER ranges.json    the ranges of integers; the second embedder's beside it

FOLDER holds photos and protocol.csv as for `manage.py evaluate_faces`; its enrolment photos are used. For ranges any
photos will do, group photos as well, of people who are in no evaluation: every large enough face is used.
"""
