"""The IAM actions that the Rekognition engine needs for its options. A test compares them with the calls it makes."""

_ALWAYS = (
    "CreateCollection",
    "DeleteFaces",
    "DescribeCollection",
    "DisassociateFaces",  # also of faces that were enrolled while the option `users` was on
    "IndexFaces",
    "ListFaces",
)
_USERS = ("AssociateFaces", "CreateUser", "DeleteUser", "ListUsers", "SearchUsersByImage")


def actions(*, detector: str = "local", users: bool = False, **options: object) -> tuple[str, ...]:
    """Such as `rekognition:IndexFaces`, sorted. The options are those of `RekognitionFaceEngine`."""
    needed = {*_ALWAYS, *(_USERS if users else ("SearchFacesByImage",))}
    if detector == "rekognition":
        needed.add("DetectFaces")
    return tuple(f"rekognition:{name}" for name in sorted(needed))
