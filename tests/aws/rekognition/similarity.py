"""Cosines of the embedded networks as per cents, as Rekognition states similarity.

A logistic curve through two points: where the embedded engine marks (`scoring.ACCEPT_THRESHOLD`) it says 90, where it
asks (`scoring.REVIEW_THRESHOLD`) 80. It rises strictly, so both order faces alike. Two vectors at right angles are 16
per cent. In the demo's set (AT&T/ORL, each person's photos 1 and 6) the 40 pairs of one person lie at 97.9 and
above; of 1,560 pairs of two people the median is 29, 1.2 % reach 80 and one pair reaches 90.

Amazon publishes no such curve. Thresholds measured here therefore say nothing about Rekognition's own.
"""

import math

from enrollment.faces.local.scoring import ACCEPT_THRESHOLD, REVIEW_THRESHOLD

PERCENT_MARK = 90.0
PERCENT_ASK = 80.0


def percent_of(cosine: float) -> float:
    """The similarity, above 0 and below 100, of two faces whose centred vectors have this cosine (-1 to 1)."""
    return 100.0 / (1.0 + math.exp(-(_SLOPE * cosine + _OFFSET)))


def cosine_of(percent: float) -> float:
    """The cosine that has this similarity. percent: above 0 and below 100."""
    return (_log_odds(percent) - _OFFSET) / _SLOPE


def _log_odds(percent: float) -> float:
    return math.log(percent / (100.0 - percent))


_SLOPE = (_log_odds(PERCENT_MARK) - _log_odds(PERCENT_ASK)) / (ACCEPT_THRESHOLD - REVIEW_THRESHOLD)
_OFFSET = _log_odds(PERCENT_MARK) - _SLOPE * ACCEPT_THRESHOLD
