"""IAM actions required by the Rekognition engine. A test compares them with the calls it makes."""

_ALWAYS = (
    "CompareFaces",
    "CreateCollection",
    "DeleteFaces",
    "DescribeCollection",
    "DisassociateFaces",  # also for faces enrolled while the option `users` was on
    "IndexFaces",
    "ListFaces",
)
_USERS = ("AssociateFaces", "CreateUser", "DeleteUser", "ListUsers", "SearchUsersByImage")


def actions(*, detector: str = "local", users: bool = False, **options: object) -> tuple[str, ...]:
    """The sorted actions, such as `rekognition:IndexFaces`. The options are those of `RekognitionFaceEngine`."""
    needed = {*_ALWAYS, *(_USERS if users else ("SearchFacesByImage",))}
    if detector == "rekognition":
        needed.add("DetectFaces")
    return tuple(f"rekognition:{name}" for name in sorted(needed))
