"""Services for the list of rooms."""

from collections.abc import Iterable

from accounts.models import Institution
from accounts.names import cleaned
from enrollment.models import Room

LONGEST = 40


def rooms_add(*, institution: Institution, names: Iterable[str], building: str = "") -> int:
    """Add rooms; names that are empty, too long or there already are passed over. Returns how many are new."""
    held = set(Room.objects.for_institution(institution).values_list("name", flat=True))
    wanted = dict.fromkeys(cleaned(name) for name in names)
    new = [name for name in wanted if name and len(name) <= LONGEST and name not in held]
    rows = [Room(institution=institution, name=name, building=building) for name in new]
    Room.objects.bulk_create(rows, ignore_conflicts=True)
    return len(new)


def room_delete(*, room: Room) -> None:
    """Take a room off the list. Courses and lessons name rooms in words, and keep them."""
    room.delete()
