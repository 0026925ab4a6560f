"""Arabic: a comma of its own, and days of the week in full, since Arabic has no short ones.

Digits are western, with Django's signs for decimals and thousands; hours go to 24, as everywhere in the portal.
"""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
SHORT_DATETIME_FORMAT = "j/n/Y، H:i"
DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j/n/Y"

globals().update(
    {
        "D j M": "l j M",
        "D j M Y": "l j M Y",
        "D j M Y, H:i": "l j M Y، H:i",
        "D j M, H:i": "l j M، H:i",
        "D j F, H:i": "l j F، H:i",
        "l j F": "l، j F",
        "l j F Y": "l، j F Y",
        "j M, H:i": "j M، H:i",
    }
)
