"""The local Rekognition's users: one vector made of all photos of a person."""

import pytest
from botocore.exceptions import ClientError

from tests.aws import photos
from tests.aws.conftest import COLLECTION

UNKNOWN_FACE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def user(rekognition, index):
    """Makes a user of some photos of a person; returns their face ids."""

    def user(user_id, person, numbers=(1, 2, 3)):
        rekognition.create_user(CollectionId=COLLECTION, UserId=user_id)
        ids = [index(photos.photo(person, number), user_id)[0] for number in numbers]
        if ids:
            rekognition.associate_faces(CollectionId=COLLECTION, UserId=user_id, FaceIds=ids)
        return ids

    return user


@pytest.fixture
def seen(rekognition):
    """Users that resemble a picture's largest face, with per cents."""

    def seen(picture, **arguments):
        answer = rekognition.search_users_by_image(CollectionId=COLLECTION, Image={"Bytes": picture}, **arguments)
        return [(match["User"]["UserId"], match["Similarity"]) for match in answer["UserMatches"]]

    return seen


def users(rekognition):
    listed = rekognition.list_users(CollectionId=COLLECTION)["Users"]
    return {user["UserId"]: user["UserStatus"] for user in listed}


def test_people_are_recognised_as_users(user, seen):
    for person in range(1, 6):
        user(f"student:{person}", person)
    for person in range(1, 6):
        assert [name for name, _ in seen(photos.photo(person, 6))] == [f"student:{person}"]
    assert all(name != "student:1" for name, _ in seen(photos.photo(20, 6)))


def test_one_vector_of_several_photos_is_another_than_each_of_them(user, seen, search):
    user("one", 1, numbers=(1, 2, 3))
    [(_, as_user)] = seen(photos.photo(1, 6))
    as_faces = [percent for _, percent in search(photos.photo(1, 6))]
    assert min(as_faces) < as_user
    assert as_user not in as_faces


def test_a_user_without_faces_is_created_and_found_by_nobody(rekognition, seen, user):
    user("one", 1, numbers=())
    assert users(rekognition) == {"one": "CREATED"}
    assert seen(photos.photo(1)) == []


def test_a_user_exists_once(rekognition, user):
    user("one", 1)
    with pytest.raises(rekognition.exceptions.ConflictException):
        rekognition.create_user(CollectionId=COLLECTION, UserId="one")


def test_associating_answers_updating_and_the_list_active(rekognition, index):
    [face] = index(photos.photo(1))
    rekognition.create_user(CollectionId=COLLECTION, UserId="one")
    answer = rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=[face])
    assert answer["UserStatus"] == "UPDATING"
    assert answer["AssociatedFaces"] == [{"FaceId": face}]
    assert answer["UnsuccessfulFaceAssociations"] == []
    assert users(rekognition) == {"one": "ACTIVE"}
    [listed] = rekognition.list_faces(CollectionId=COLLECTION, UserId="one")["Faces"]
    assert (listed["FaceId"], listed["UserId"]) == (face, "one")


def test_while_a_user_is_updating_the_old_vector_is_searched_and_changes_conflict(rekognition, server, index, seen):
    rekognition.create_user(CollectionId=COLLECTION, UserId="one")
    ids = index(photos.photo(1, 1)) + index(photos.photo(1, 2))
    server.lag(3600)
    rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[:1])
    assert users(rekognition) == {"one": "UPDATING"}
    assert seen(photos.photo(1)) == []
    for change in (
        lambda: rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[1:]),
        lambda: rekognition.disassociate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[:1]),
        lambda: rekognition.delete_user(CollectionId=COLLECTION, UserId="one"),
    ):
        with pytest.raises(rekognition.exceptions.ConflictException):
            change()


def test_faces_that_cannot_be_associated_are_listed_with_why(rekognition, user, index):
    taken = user("one", 1)
    user("two", 2)
    [stranger] = index(photos.photo(10), "stranger")
    answer = rekognition.associate_faces(
        CollectionId=COLLECTION, UserId="two", FaceIds=[taken[0], UNKNOWN_FACE, stranger]
    )
    assert answer["AssociatedFaces"] == []
    other, unknown, unlike = answer["UnsuccessfulFaceAssociations"]
    assert other == {"FaceId": taken[0], "UserId": "one", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    assert unknown == {"FaceId": UNKNOWN_FACE, "Reasons": ["FACE_NOT_FOUND"]}
    assert unlike["Reasons"] == ["LOW_MATCH_CONFIDENCE"]
    assert unlike["Confidence"] < 75
    allowed = rekognition.associate_faces(
        CollectionId=COLLECTION, UserId="two", FaceIds=[stranger], UserMatchThreshold=0
    )
    assert allowed["AssociatedFaces"] == [{"FaceId": stranger}]


def test_associating_again_changes_nothing(rekognition, user):
    [face] = user("one", 1, numbers=(1,))
    answer = rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=[face])
    assert (answer["AssociatedFaces"], answer["UnsuccessfulFaceAssociations"]) == ([], [])
    assert answer["UserStatus"] == "ACTIVE"


def test_a_user_has_a_hundred_faces_at_most(rekognition, index):
    rekognition.create_user(CollectionId=COLLECTION, UserId="one")
    ids = [index(photos.photo(1), f"photo:{n}")[0] for n in range(102)]
    rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[:99])
    answer = rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[99:101])
    assert answer["AssociatedFaces"] == [{"FaceId": ids[99]}]
    assert [face["FaceId"] for face in answer["UnsuccessfulFaceAssociations"]] == [ids[100]]
    with pytest.raises(rekognition.exceptions.ServiceQuotaExceededException):
        rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[101:])


def test_disassociated_faces_no_longer_count(rekognition, user, seen):
    ids = user("one", 1)
    before = seen(photos.photo(1, 6))
    answer = rekognition.disassociate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=[*ids[:2], UNKNOWN_FACE])
    assert [face["FaceId"] for face in answer["DisassociatedFaces"]] == ids[:2]
    assert answer["UnsuccessfulFaceDisassociations"] == [{"FaceId": UNKNOWN_FACE, "Reasons": ["FACE_NOT_FOUND"]}]
    assert answer["UserStatus"] == "UPDATING"
    assert seen(photos.photo(1, 6)) != before
    again = rekognition.disassociate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=ids[:1])
    assert (again["DisassociatedFaces"], again["UnsuccessfulFaceDisassociations"]) == ([], [])


def test_faces_of_another_user_cannot_be_disassociated(rekognition, user):
    theirs = user("one", 1)
    user("two", 2)
    answer = rekognition.disassociate_faces(CollectionId=COLLECTION, UserId="two", FaceIds=theirs[:1])
    assert answer["UnsuccessfulFaceDisassociations"] == [
        {"FaceId": theirs[0], "UserId": "one", "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    ]


def test_a_person_is_erased_user_first_then_faces(rekognition, user, seen):
    ids = user("one", 1)
    refused = rekognition.delete_faces(CollectionId=COLLECTION, FaceIds=ids)
    assert len(refused["UnsuccessfulFaceDeletions"]) == 3
    rekognition.delete_user(CollectionId=COLLECTION, UserId="one")
    assert sorted(rekognition.delete_faces(CollectionId=COLLECTION, FaceIds=ids)["DeletedFaces"]) == sorted(ids)
    assert users(rekognition) == {}
    assert seen(photos.photo(1)) == []
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        rekognition.delete_user(CollectionId=COLLECTION, UserId="one")


def test_a_search_by_picture_tells_what_it_left_out_and_fails_for_nobody(rekognition, user):
    user("one", 1)

    def search(picture, **arguments):
        return rekognition.search_users_by_image(CollectionId=COLLECTION, Image={"Bytes": picture}, **arguments)

    answer = search(photos.unequal(1, 2))
    assert [match["User"] for match in answer["UserMatches"]] == [{"UserId": "one", "UserStatus": "ACTIVE"}]
    [left] = answer["UnsearchedFaces"]
    assert left["Reasons"] == ["FACE_NOT_LARGEST"]
    searched = answer["SearchedFace"]["FaceDetail"]["BoundingBox"]
    assert left["FaceDetails"]["BoundingBox"]["Width"] < searched["Width"]
    nobody = search(photos.wall())
    assert nobody["UserMatches"] == []
    assert "SearchedFace" not in nobody
    [poor] = search(photos.distant(1), QualityFilter="AUTO")["UnsearchedFaces"]
    assert poor["Reasons"] == ["SMALL_BOUNDING_BOX"]


def test_users_are_searched_by_face_and_by_user(rekognition, user, index):
    ids = user("one", 1, numbers=(1, 2))
    user("double", 1, numbers=(3, 4))
    by_face = rekognition.search_users(CollectionId=COLLECTION, FaceId=ids[0])
    assert [match["User"]["UserId"] for match in by_face["UserMatches"]] == ["one", "double"]
    assert by_face["SearchedFace"] == {"FaceId": ids[0]}
    by_user = rekognition.search_users(CollectionId=COLLECTION, UserId="one", MaxUsers=1)
    assert [match["User"]["UserId"] for match in by_user["UserMatches"]] == ["double"]
    assert by_user["SearchedUser"] == {"UserId": "one"}
    for wrong in ({}, {"UserId": "one", "FaceId": ids[0]}):
        with pytest.raises(rekognition.exceptions.InvalidParameterException):
            rekognition.search_users(CollectionId=COLLECTION, **wrong)
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        rekognition.search_users(CollectionId=COLLECTION, UserId="nobody")


def test_users_come_page_by_page(rekognition):
    for n in range(5):
        rekognition.create_user(CollectionId=COLLECTION, UserId=f"u{n}")
    pages = rekognition.get_paginator("list_users").paginate(CollectionId=COLLECTION, PaginationConfig={"PageSize": 2})
    assert [[user["UserId"] for user in page["Users"]] for page in pages] == [["u0", "u1"], ["u2", "u3"], ["u4"]]


def test_a_repeated_token_is_answered_as_before_and_changes_nothing(rekognition):
    arguments = {"CollectionId": COLLECTION, "UserId": "one", "ClientRequestToken": "token-1"}
    rekognition.create_user(**arguments)
    rekognition.create_user(**arguments)  # with a token of its own it would be a conflict
    assert list(users(rekognition)) == ["one"]
    with pytest.raises(rekognition.exceptions.IdempotentParameterMismatchException):
        rekognition.create_user(**{**arguments, "UserId": "two"})


def test_a_token_belongs_to_one_operation_and_is_not_kept_by_a_failure(rekognition, index):
    [face] = index(photos.photo(1))
    arguments = {"CollectionId": COLLECTION, "UserId": "one", "FaceIds": [face], "ClientRequestToken": "token-1"}
    with pytest.raises(ClientError):
        rekognition.associate_faces(**arguments)
    rekognition.create_user(CollectionId=COLLECTION, UserId="one", ClientRequestToken="token-1")
    assert rekognition.associate_faces(**arguments)["AssociatedFaces"] == [{"FaceId": face}]
    assert rekognition.associate_faces(**arguments)["AssociatedFaces"] == [{"FaceId": face}]
