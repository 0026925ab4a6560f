"""The local Rekognition through boto3: collections and faces, with photos of real people."""

import pytest
from botocore.exceptions import ClientError

from tests.aws import photos
from tests.aws.conftest import COLLECTION
from tests.aws.rekognition.similarity import PERCENT_ASK, PERCENT_MARK

UNKNOWN_FACE = "00000000-0000-4000-8000-000000000000"


def code_of(error):
    return error.value.response["Error"]["Code"]


# -- Collections ------------------------------------------------------------------------------------------------------


def test_a_collection_is_described_and_listed_until_it_is_deleted(rekognition, index):
    index(photos.group(1, 2))
    rekognition.create_user(CollectionId=COLLECTION, UserId="one")
    described = rekognition.describe_collection(CollectionId=COLLECTION)
    assert (described["FaceCount"], described["UserCount"], described["FaceModelVersion"]) == (2, 1, "7.0")
    assert described["CollectionARN"].endswith(f":eu-west-1:123456789012:collection/{COLLECTION}")
    assert described["CreationTimestamp"].tzinfo is not None
    assert rekognition.list_collections()["CollectionIds"] == [COLLECTION]
    rekognition.delete_collection(CollectionId=COLLECTION)
    assert rekognition.list_collections()["CollectionIds"] == []


def test_a_collection_exists_once(rekognition):
    with pytest.raises(rekognition.exceptions.ResourceAlreadyExistsException):
        rekognition.create_collection(CollectionId=COLLECTION)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("delete_collection", {}),
        ("describe_collection", {}),
        ("list_faces", {}),
        ("list_users", {}),
        ("delete_faces", {"FaceIds": [UNKNOWN_FACE]}),
        ("search_faces", {"FaceId": UNKNOWN_FACE}),
        ("search_users", {"FaceId": UNKNOWN_FACE}),
        ("search_faces_by_image", {"Image": {"Bytes": photos.wall()}}),
        ("search_users_by_image", {"Image": {"Bytes": photos.wall()}}),
        ("index_faces", {"Image": {"Bytes": photos.wall()}}),
        ("create_user", {"UserId": "one"}),
        ("delete_user", {"UserId": "one"}),
        ("associate_faces", {"UserId": "one", "FaceIds": [UNKNOWN_FACE]}),
        ("disassociate_faces", {"UserId": "one", "FaceIds": [UNKNOWN_FACE]}),
    ],
)
def test_without_the_collection_everything_says_so(rekognition, operation, arguments):
    with pytest.raises(rekognition.exceptions.ResourceNotFoundException):
        getattr(rekognition, operation)(CollectionId="another", **arguments)


def test_collections_come_page_by_page(rekognition):
    for n in range(4):
        rekognition.create_collection(CollectionId=f"c{n}")
    first = rekognition.list_collections(MaxResults=3)
    second = rekognition.list_collections(MaxResults=3, NextToken=first["NextToken"])
    assert first["CollectionIds"] + second["CollectionIds"] == ["c0", "c1", "c2", "c3", COLLECTION]
    assert "NextToken" not in second
    with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
        rekognition.list_collections(NextToken="made up")


# -- Detecting --------------------------------------------------------------------------------------------------------


def test_faces_are_detected_largest_first_with_box_quality_pose_and_landmarks(rekognition):
    faces = rekognition.detect_faces(Image={"Bytes": photos.unequal(1, 2)})["FaceDetails"]
    assert len(faces) == 2
    assert faces[0]["BoundingBox"]["Width"] > 1.5 * faces[1]["BoundingBox"]["Width"]
    for face in faces:
        box, points = face["BoundingBox"], {point["Type"]: point for point in face["Landmarks"]}
        assert all(0 <= box[side] <= 1 for side in ("Left", "Top", "Width", "Height"))
        assert points["eyeLeft"]["X"] < points["nose"]["X"] < points["eyeRight"]["X"]
        assert points["eyeLeft"]["Y"] < points["nose"]["Y"] < points["mouthLeft"]["Y"]
        assert box["Left"] < points["nose"]["X"] < box["Left"] + box["Width"]
        assert face["Confidence"] > 80
        assert 20 < face["Quality"]["Brightness"] < 80
        assert 40 < face["Quality"]["Sharpness"] < 100
        assert abs(face["Pose"]["Roll"]) < 20
        assert abs(face["Pose"]["Yaw"]) < 40


def test_quality_follows_light_and_blur(rekognition):
    def quality(picture):
        return rekognition.detect_faces(Image={"Bytes": picture})["FaceDetails"][0]["Quality"]

    good = quality(photos.photo(1))
    assert quality(photos.dark(1))["Brightness"] < 0.3 * good["Brightness"]
    assert quality(photos.blurred(1))["Sharpness"] < 0.6 * good["Sharpness"]


def test_a_picture_of_nobody_has_no_faces(rekognition):
    assert rekognition.detect_faces(Image={"Bytes": photos.wall()})["FaceDetails"] == []


def test_a_picture_is_turned_as_its_exif_data_say(rekognition, index, search):
    index(photos.photo(1))
    [face] = rekognition.detect_faces(Image={"Bytes": photos.turned(1)})["FaceDetails"]
    assert abs(face["Pose"]["Roll"]) < 20
    assert search(photos.turned(1))


def test_attributes_that_no_network_here_knows_are_refused_aloud(rekognition):
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="AGE_RANGE"):
        rekognition.detect_faces(Image={"Bytes": photos.photo(1)}, Attributes=["DEFAULT", "AGE_RANGE"])


# -- Indexing ---------------------------------------------------------------------------------------------------------


def test_indexed_faces_carry_what_the_caller_gave(rekognition):
    answer = rekognition.index_faces(
        CollectionId=COLLECTION, Image={"Bytes": photos.group(1, 2)}, ExternalImageId="student:1"
    )
    faces = [record["Face"] for record in answer["FaceRecords"]]
    assert {face["ExternalImageId"] for face in faces} == {"student:1"}
    assert len({face["ImageId"] for face in faces}) == 1
    assert len({face["FaceId"] for face in faces}) == 2
    assert answer["FaceRecords"][0]["FaceDetail"]["BoundingBox"] == faces[0]["BoundingBox"]
    assert rekognition.list_faces(CollectionId=COLLECTION)["Faces"] == faces


def test_the_same_picture_is_indexed_once_for_each_external_id(index, rekognition):
    first = index(photos.photo(1), "student:1")
    assert index(photos.photo(1), "student:1") == first
    assert index(photos.photo(1), "student:2") != first
    assert index(photos.photo(1, 2), "student:1") != first
    assert rekognition.describe_collection(CollectionId=COLLECTION)["FaceCount"] == 3


def test_a_deleted_face_is_indexed_again_under_another_id(index, rekognition):
    first = index(photos.photo(1))
    rekognition.delete_faces(CollectionId=COLLECTION, FaceIds=first)
    assert index(photos.photo(1)) != first


def test_the_largest_faces_are_indexed_and_the_others_named(rekognition):
    answer = rekognition.index_faces(CollectionId=COLLECTION, Image={"Bytes": photos.unequal(1, 2)}, MaxFaces=1)
    assert len(answer["FaceRecords"]) == 1
    [left] = answer["UnindexedFaces"]
    assert left["Reasons"] == ["EXCEEDS_MAX_FACES"]
    indexed = answer["FaceRecords"][0]["Face"]["BoundingBox"]
    assert left["FaceDetail"]["BoundingBox"]["Width"] < indexed["Width"]


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (photos.blurred(1), "LOW_SHARPNESS"),
        (photos.dark(1), "LOW_BRIGHTNESS"),
        (photos.distant(1), "SMALL_BOUNDING_BOX"),
    ],
)
def test_the_quality_filter_leaves_a_bad_face_out_and_says_why(rekognition, index, picture, reason):
    answer = rekognition.index_faces(CollectionId=COLLECTION, Image={"Bytes": picture}, QualityFilter="AUTO")
    assert answer["FaceRecords"] == []
    assert [face["Reasons"] for face in answer["UnindexedFaces"]] == [[reason]]
    assert len(index(picture, QualityFilter="NONE")) == 1


def test_a_stricter_filter_asks_for_more(rekognition, index):
    picture = photos.group(1)
    assert len(index(picture, QualityFilter="HIGH")) == 1
    assert index(photos.distant(1), QualityFilter="MEDIUM") == []


# -- Searching --------------------------------------------------------------------------------------------------------


def test_people_are_recognised_in_other_photos(index, search):
    for person in range(1, 11):
        index(photos.photo(person, 1), f"student:{person}")
    for person in range(1, 11):
        matches = search(photos.photo(person, 6))
        assert [name for name, _ in matches] == [f"student:{person}"]
        assert matches[0][1] >= PERCENT_MARK


def test_strangers_stay_below_what_is_marked_and_nearly_all_below_what_is_asked_about(index, search):
    for person in range(1, 11):
        index(photos.photo(person, 1), f"student:{person}")
    pairs = [percent for n in range(21, 31) for _, percent in search(photos.photo(n, 6), FaceMatchThreshold=0)]
    assert len(pairs) == 100
    assert max(pairs) < PERCENT_MARK
    assert sum(percent >= PERCENT_ASK for percent in pairs) <= 5
    assert sorted(pairs)[50] < 50


def test_the_very_same_photo_is_nearly_certain(index, search):
    index(photos.photo(1))
    [(_, percent)] = search(photos.photo(1))
    assert 99.9 < percent < 100


def test_only_the_largest_face_is_searched(index, search):
    index(photos.photo(1), "near")
    index(photos.photo(2), "far")
    assert [name for name, _ in search(photos.unequal(1, 2))] == ["near"]
    assert [name for name, _ in search(photos.unequal(2, 1))] == ["far"]


def test_matches_come_best_first_as_many_as_wanted_and_above_the_threshold(index, search):
    for number in (1, 2, 3):
        index(photos.photo(1, number), f"photo:{number}")
    index(photos.photo(2, 1), "another")
    every = search(photos.photo(1, 4), FaceMatchThreshold=0)
    percents = [percent for _, percent in every]
    assert len(every) == 4
    assert percents == sorted(percents, reverse=True)
    assert every[-1][0] == "another"
    assert search(photos.photo(1, 4), FaceMatchThreshold=0, MaxFaces=2) == every[:2]
    assert search(photos.photo(1, 4), FaceMatchThreshold=percents[0]) == every[:1]


def test_a_search_without_a_face_is_an_error(search, rekognition):
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="no faces"):
        search(photos.wall())


def test_a_search_may_ask_for_quality(index, search, rekognition):
    index(photos.photo(1))
    assert search(photos.distant(1), FaceMatchThreshold=0)
    with pytest.raises(rekognition.exceptions.InvalidParameterException, match="no faces"):
        search(photos.distant(1), QualityFilter="AUTO")


def test_a_face_is_searched_by_its_id_and_does_not_find_itself(index, rekognition):
    [first] = index(photos.photo(1, 1))
    [second] = index(photos.photo(1, 2))
    answer = rekognition.search_faces(CollectionId=COLLECTION, FaceId=first)
    assert answer["SearchedFaceId"] == first
    assert [match["Face"]["FaceId"] for match in answer["FaceMatches"]] == [second]
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        rekognition.search_faces(CollectionId=COLLECTION, FaceId=UNKNOWN_FACE)


def test_an_indexed_face_may_be_found_only_later(server, index, search):
    server.lag(3600)
    assert index(photos.photo(1))
    assert search(photos.photo(1)) == []
    server.lag(0)
    assert index(photos.photo(1, 2))
    assert len(search(photos.photo(1))) == 1


def test_faces_of_two_pictures_are_compared(rekognition):
    answer = rekognition.compare_faces(
        SourceImage={"Bytes": photos.photo(1)}, TargetImage={"Bytes": photos.group(1, 2, 3)}
    )
    assert len(answer["FaceMatches"]) == 1
    assert answer["FaceMatches"][0]["Similarity"] > PERCENT_MARK
    assert answer["FaceMatches"][0]["Face"]["BoundingBox"]["Left"] < 0.3
    assert len(answer["UnmatchedFaces"]) == 2
    with pytest.raises(rekognition.exceptions.InvalidParameterException):
        rekognition.compare_faces(SourceImage={"Bytes": photos.photo(1)}, TargetImage={"Bytes": photos.wall()})


# -- Listing and deleting ---------------------------------------------------------------------------------------------


def test_faces_come_page_by_page_and_by_id(index, rekognition):
    ids = [index(photos.photo(person))[0] for person in range(1, 6)]
    pages = rekognition.get_paginator("list_faces").paginate(CollectionId=COLLECTION, PaginationConfig={"PageSize": 2})
    assert [[face["FaceId"] for face in page["Faces"]] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    some = rekognition.list_faces(CollectionId=COLLECTION, FaceIds=[ids[3], UNKNOWN_FACE])
    assert [face["FaceId"] for face in some["Faces"]] == [ids[3]]
    with pytest.raises(rekognition.exceptions.InvalidPaginationTokenException):
        rekognition.list_faces(CollectionId=COLLECTION, NextToken="bm9uc2Vuc2U=")


def test_deleted_faces_are_found_no_more(index, search, rekognition):
    [kept], [gone] = index(photos.photo(1, 1), "kept"), index(photos.photo(1, 2), "gone")
    answer = rekognition.delete_faces(CollectionId=COLLECTION, FaceIds=[gone])
    assert answer["DeletedFaces"] == [gone]
    assert answer["UnsuccessfulFaceDeletions"] == []
    assert [name for name, _ in search(photos.photo(1, 2))] == ["kept"]
    assert [face["FaceId"] for face in rekognition.list_faces(CollectionId=COLLECTION)["Faces"]] == [kept]


def test_faces_that_cannot_be_deleted_are_listed_with_why(index, rekognition):
    [held] = index(photos.photo(1))
    rekognition.create_user(CollectionId=COLLECTION, UserId="one")
    rekognition.associate_faces(CollectionId=COLLECTION, UserId="one", FaceIds=[held])
    answer = rekognition.delete_faces(CollectionId=COLLECTION, FaceIds=[held, UNKNOWN_FACE])
    assert "DeletedFaces" not in answer
    assert answer["UnsuccessfulFaceDeletions"] == [
        {"FaceId": held, "UserId": "one", "Reasons": ["ASSOCIATED_TO_AN_EXISTING_USER"]},
        {"FaceId": UNKNOWN_FACE, "Reasons": ["FACE_NOT_FOUND"]},
    ]


# -- Pictures that Rekognition does not take --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ({"Bytes": b"not a picture"}, "InvalidImageFormatException"),
        ({"Bytes": photos.wall(image_format="WEBP")}, "InvalidImageFormatException"),
        ({"Bytes": photos.photo(1)[:2000]}, "InvalidImageFormatException"),
        ({"Bytes": photos.wall((79, 300))}, "InvalidParameterException"),
        ({"Bytes": photos.wall((10_001, 90))}, "ImageTooLargeException"),
        ({"Bytes": photos.wall() + bytes(5_242_880)}, "ImageTooLargeException"),
        ({"S3Object": {"Bucket": "pictures", "Name": "a.jpg"}}, "InvalidS3ObjectException"),
        ({}, "InvalidParameterException"),
        (
            {"Bytes": photos.wall(), "S3Object": {"Bucket": "pictures", "Name": "a.jpg"}},
            "InvalidParameterException",
        ),
    ],
)
def test_pictures_that_are_refused(rekognition, image, code):
    with pytest.raises(ClientError) as error:
        rekognition.detect_faces(Image=image)
    assert code_of(error) == code


def test_png_and_the_smallest_side_are_taken(rekognition):
    assert rekognition.detect_faces(Image={"Bytes": photos.wall((80, 80), "PNG")})["FaceDetails"] == []
