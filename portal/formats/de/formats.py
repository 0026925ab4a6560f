"""German: a dot behind the day, a comma behind the weekday."""

globals().update(
    {
        "D j M": "D j. M",
        "D j M Y": "D j. M Y",
        "D j M Y, H:i": "D j. M Y, H:i",
        "D j M, H:i": "D j. M, H:i",
        "D j F, H:i": "D j. F, H:i",
        "l j F": "l, j. F",
        "l j F Y": "l, j. F Y",
        "l H:i": "l H:i",
        "j": "j.",
        "j F": "j. F",
        "j F Y": "j. F Y",
        "j M": "j. M",
        "j M Y": "j. M Y",
        "j M, H:i": "j. M, H:i",
    }
)
