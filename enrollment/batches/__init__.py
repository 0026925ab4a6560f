"""Photos of many students at once: received, matched with students, enrolled as a job, and the report on each.

A batch's rows are its queue and its report. Nothing is enrolled before it is matched and an administrator has pressed
Enrol; a photo of a student without a consent is never kept.
"""
