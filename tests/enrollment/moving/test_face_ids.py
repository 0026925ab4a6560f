"""The mapping of faces to students moves from the database to DynamoDB and back, while the portal runs."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from enrollment.moving.face_ids import FaceIdsMove
from enrollment.repositories import face_ids_for
from enrollment.repositories.dynamodb import DynamoFaceIdRepository
from enrollment.repositories.mirrored import MirroredFaceIdRepository
from enrollment.repositories.orm import OrmFaceIdRepository
from portal.aws.clients import client
from tests.contracts.conftest import found_school

ORM = {"BACKEND": "enrollment.repositories.orm.OrmFaceIdRepository", "OPTIONS": {}}
DYNAMODB = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository", "OPTIONS": {}}
MIRRORED = "enrollment.repositories.mirrored.MirroredFaceIdRepository"

pytestmark = pytest.mark.aws_local


def move(*arguments):
    out = StringIO()
    call_command("move_face_ids", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def school(db):
    """Three students; the first has three faces, the second one."""
    found = found_school("riverside")
    store = OrmFaceIdRepository(found.institution)
    for number in range(3):
        store.put(f"face-{9 - number}", found.students[0])
    store.put("face-1", found.students[1])
    return found


@pytest.fixture
def here(school):
    return OrmFaceIdRepository(school.institution)


@pytest.fixture
def there(school, local_dynamodb):
    client("dynamodb").create_table(**DynamoFaceIdRepository.tables()[0].create_arguments())
    return DynamoFaceIdRepository(school.institution)


def told(store, school):
    return {student: store.for_student(student) for student in school.students}


def test_there_in_the_same_order_and_compared(school, here, there):
    assert re.search(r"riverside: 4 written; 4 face ids in both, hash [0-9a-f]{32}$", move("--to", "dynamodb"), re.M)
    assert told(there, school) == told(here, school)
    assert "0 written" in move("--to", "dynamodb")


def test_what_changed_after_the_copy_comes_with_the_next(school, here, there):
    move("--to", "dynamodb")
    here.remove(["face-9"])
    here.put("face-1", school.students[2])
    here.put("face-0", school.students[0])
    with pytest.raises(CommandError, match="3 pieces differ"):
        move("--to", "dynamodb", "--check")
    move("--to", "dynamodb")
    assert told(there, school) == told(here, school)


def test_and_back_and_emptied(school, here, there, settings):
    before = told(here, school)
    move("--to", "dynamodb")
    settings.FACE_ID_REPOSITORY = DYNAMODB
    assert "4 deleted from the source" in move("--from", "database", "--to", "dynamodb", "--empty-source")
    assert told(here, school) == {student: [] for student in school.students}
    move("--from", "dynamodb", "--to", "database")  # in a pause, as the settings still name the other
    assert told(here, school) == before


class Erasing:
    """A mapping whose student is erased, here and in the target, while their faces are being copied."""

    def __init__(self, source, target):
        self.source, self.target, self.asked = source, target, 0

    def for_student(self, student):
        found = self.source.for_student(student)
        self.asked += 1
        if self.asked == 2:
            self.source.purge_student(student)
            self.target.purge_student(student)
        return found


def test_somebody_erased_amidst_the_copy_stays_erased(school, here, there):
    FaceIdsMove(school.institution, Erasing(here, there), there).copy(str(school.students[0]))
    assert there.for_student(school.students[0]) == []
    assert there.get_many(["face-9", "face-8", "face-7"]) == {}


def test_two_kept_alike(school, here, there, settings):
    settings.FACE_ID_REPOSITORY = {"BACKEND": MIRRORED, "OPTIONS": {"first": ORM, "second": DYNAMODB}}
    both = face_ids_for(school.institution)
    move()  # from the first to the second, as the settings say
    both.put("face-2", school.students[2])
    both.put_many({"face-3": school.students[2]})
    both.remove(["face-9"])
    assert told(both, school) == told(here, school) == told(there, school)
    assert both.get_many(["face-2"]) == {"face-2": school.students[2]}
    assert both.purge_student(school.students[2]) == 2
    assert told(there, school) == told(here, school)


def test_the_place_of_two_is_found_again(school, here, there):
    where = MirroredFaceIdRepository.whereabouts(first=ORM, second=DYNAMODB)
    assert where["second"]["at"]["table"] == "attendance-faces"
    both = MirroredFaceIdRepository.at(school.institution, where)
    both.put("face-5", school.students[2])
    assert here.for_student(school.students[2]) == there.for_student(school.students[2]) == ["face-5"]
