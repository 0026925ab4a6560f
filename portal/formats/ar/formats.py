"""Arabic: a comma of its own. Digits are western and hours go to 24, as everywhere in the portal."""

TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
SHORT_DATETIME_FORMAT = "j/n/Y، H:i"
DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j/n/Y"

globals().update(
    {
        "D j M Y, H:i": "D j M Y، H:i",
        "D j M, H:i": "D j M، H:i",
        "D j F, H:i": "D j F، H:i",
        "l j F": "l، j F",
        "l j F Y": "l، j F Y",
        "j M, H:i": "j M، H:i",
    }
)
