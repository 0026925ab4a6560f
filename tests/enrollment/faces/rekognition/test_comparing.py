"""Faces of several photos compared by Rekognition: a sheet of the new ones, one paid call for each earlier face."""

from io import BytesIO

import pytest
from django.core.cache import cache
from PIL import Image, ImageColor

from attendance.demo.orl import orl_photo
from enrollment.domain.faces import Box
from enrollment.faces.local.engine import LocalModel
from enrollment.faces.rekognition.comparing import MOST_COMPARED, MOST_TARGETS, TILE, Sheet
from enrollment.faces.rekognition.engine import RekognitionFaceEngine
from tests.enrollment.faces.conftest import tiles

COMPARE = "CompareFaces"


def jpeg(size, colour):
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


class TestTheSheet:
    def test_tiles_beside_each_other_row_by_row(self):
        colours = ["red", "lime", "blue", "white", "black"]
        sheet = Sheet.of([jpeg((300, 400), colour) for colour in colours])
        assert (sheet.columns, sheet.faces, sheet.size) == (3, 5, (3 * TILE, 2 * TILE))
        picture = Image.open(BytesIO(sheet.jpeg))
        for n, colour in enumerate(colours):
            pixel = picture.getpixel((n % 3 * TILE + 20, n // 3 * TILE + 20))
            wanted = ImageColor.getrgb(colour)
            assert max(abs(a - b) for a, b in zip(pixel, wanted, strict=True)) < 12
            assert sheet.face_at(Box(n % 3 * TILE + 60, n // 3 * TILE + 80, 90, 100)) == n

    def test_where_no_face_is(self):
        sheet = Sheet.of([jpeg((200, 200), "red")] * 5)
        for left, top in ((2 * TILE + 50, TILE + 50), (3 * TILE + 1, 10), (-TILE, 10), (10, 2 * TILE + 10)):
            assert sheet.face_at(Box(left, top, 60, 60)) is None

    def test_no_more_than_rekognition_compares(self):
        assert Sheet.of([jpeg((80, 80), "red")] * (MOST_TARGETS + 3)).faces == MOST_TARGETS


@pytest.mark.django_db
class TestOnTheWire:
    @pytest.fixture
    def server(self, local_rekognition, settings):
        settings.AWS_RATES = {COMPARE: 1000, "SearchFacesByImage": 1000}
        cache.clear()
        return local_rekognition

    @pytest.fixture
    def engine(self, server, riverside):
        return RekognitionFaceEngine(riverside)

    def together(self, engine, image, *earlier):
        return [face.same_as for face in engine.identify_together(image, earlier, candidates=None)]

    def test_one_call_an_earlier_face(self, server, engine):
        links = self.together(engine, tiles([1, 2, 3]), [orl_photo(3, 5), orl_photo(1, 5)], [orl_photo(9, 1)])
        assert links == [(1,), (), (0,)]
        assert server.calls()[COMPARE] == 3

    def test_a_person_of_two_earlier_photos(self, engine):
        assert self.together(engine, orl_photo(1, 7), [orl_photo(1, 5)], [orl_photo(1, 6)]) in ([(0, 1)], [(1, 0)])

    def test_nobody_in_the_picture_or_nobody_earlier_costs_nothing(self, server, engine):
        assert self.together(engine, Image.new("RGB", (300, 300)), [orl_photo(1, 5)]) == []
        assert self.together(engine, orl_photo(1, 7)) == [()]
        assert self.together(engine, orl_photo(1, 7), [Image.new("RGB", (300, 300))]) == [()]
        assert COMPARE not in server.calls()

    def test_no_more_than_so_many_and_the_places_of_the_others_are_kept(self, server, engine):
        others = [orl_photo(2, 1)] * (MOST_COMPARED - 1)
        assert self.together(engine, orl_photo(1, 7), [*others, orl_photo(1, 5), orl_photo(1, 6)]) == [
            (MOST_COMPARED - 1,)
        ]
        assert self.together(engine, orl_photo(1, 7), [*others, orl_photo(3, 1), orl_photo(1, 6)]) == [()]
        assert self.together(engine, orl_photo(1, 7), [*others, orl_photo(3, 1)], [orl_photo(1, 5)]) == [()]
        assert server.calls()[COMPARE] == 3 * MOST_COMPARED

    @pytest.mark.parametrize("code", ["AccessDeniedException", "ImageTooLargeException"])
    def test_while_it_is_refused_the_picture_is_answered_without_it(self, server, engine, caplog, code):
        server.fault(COMPARE, code, times=9)
        assert self.together(engine, orl_photo(1, 7), [orl_photo(1, 5)]) == [()]
        assert "not compared" in caplog.text

    def few(self, engine, image, asked, *earlier):
        boxes = [face.box for face in engine.detect(image)]
        return engine.link_few(image, boxes, asked, earlier)

    def test_few_faces_and_many_earlier_ones_cost_a_call_a_face(self, server, engine):
        cuts = [in_the_middle(orl_photo(person, 5)) for person in (1, 2, 3, 4)]
        assert self.few(engine, tiles([3, 9]), [0, 1], cuts[:2], cuts[2:]) == [(2,), ()]
        assert self.few(engine, tiles([3, 9, 1]), [2], cuts) == [(), (), (0,)]
        assert server.calls()[COMPARE] == 3

    def test_of_few_no_more_than_so_many(self, server, engine, monkeypatch):
        monkeypatch.setattr("enrollment.faces.rekognition.engine.MOST_COMPARED", 1)
        assert self.few(engine, tiles([9, 1]), [1, 0], [in_the_middle(orl_photo(1, 5))]) == [(), ()]
        assert server.calls()[COMPARE] == 1

    def test_a_neighbour_in_the_cut_is_not_taken_for_it(self, engine):
        row = tiles([3, 1, 2], number=5)
        box = engine.detect(row)[1].box
        cut = row.crop((box.left - box.width, box.top - box.height, box.left + 2 * box.width, box.top + 2 * box.height))
        assert self.few(engine, orl_photo(3, 7), [0], [cut]) == [()]
        assert self.few(engine, orl_photo(1, 7), [0], [cut]) == [(0,)]


def in_the_middle(photo):
    """A cut-out as the portal makes it: as wide a margin as the face itself, on each side."""
    [face] = LocalModel.from_options().detect(photo)
    box = face.box
    return photo.crop((box.left - box.width, box.top - box.height, box.left + 2 * box.width, box.top + 2 * box.height))
