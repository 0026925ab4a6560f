"""Names over the faces of a photo: short, and none on another."""

from attendance.register.names import short_names
from attendance.register.overlay import pill_places
from enrollment.domain.faces import Box


def tops(boxes, labels, height=1000):
    return [(round(x), round(y)) for x, y, _ in pill_places(boxes, labels, scale=1.0, height=height)]


def test_a_pill_stands_at_the_foot_of_its_box_within_the_photo():
    [(x, y)] = tops([Box(100, 100, 100, 200)], ["Ben"])
    assert (x, y) == (85, 276)
    [(_, y)] = tops([Box(100, 900, 100, 200)], ["Ben"])
    assert y == 976


def test_of_two_faces_over_each_other_one_has_its_name_elsewhere():
    boxes = [Box(100, 100, 100, 200), Box(120, 90, 100, 205)]
    (_, first), (_, second) = tops(boxes, ["Ben", "Ada"])
    assert abs(first - second) >= 24


def test_a_face_without_a_name_takes_no_room():
    boxes = [Box(100, 100, 100, 200), Box(120, 90, 100, 205)]
    assert tops(boxes, ["", "Ada"])[1] == (105, 271)


def test_where_first_names_repeat_an_initial_tells_them_apart():
    assert short_names(["Ben Ashworth", "Ada Obi", "Ben Carter", "Cher"]) == ("Ben A.", "Ada", "Ben C.", "Cher")
