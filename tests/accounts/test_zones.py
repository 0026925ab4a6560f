"""Time zones by what people type."""

import pytest
from django.core.exceptions import ValidationError

from accounts.zones import TimeZoneField, zone_names, zones_like


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("London", "Europe/London"), ("new york", "America/New_York"), ("europe/berlin", "Europe/Berlin"),
        ("utc", "UTC"), ("Sao Paulo", "America/Sao_Paulo"), (" kolkata ", "Asia/Kolkata"),
    ],
)  # fmt: skip
def test_a_city_is_enough(typed, zone):
    assert TimeZoneField().clean(typed) == zone


@pytest.mark.parametrize("typed", ["", "nowhere", "america"])
def test_what_is_none_or_many_is_refused(typed):
    with pytest.raises(ValidationError):
        TimeZoneField().clean(typed)


def test_nothing_typed_means_nothing():
    assert zones_like("  ") == []


def test_the_list_is_of_places():
    assert {"Europe/London", "Asia/Kolkata", "UTC"} <= set(zone_names())
    assert not any(name.startswith(("Etc/", "posix")) for name in zone_names())
