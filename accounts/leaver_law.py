"""Days for which laws let a school keep the face of a student who has left. Facts and sources: docs/law.md."""

MOST_LEAVER_DAYS = {"illinois": 30}
