"""Operations on users: people who are one vector made of several faces."""

from collections.abc import Iterable

from tests.aws.rekognition.on_faces import DEFAULT_THRESHOLD, similarity_of, sorted_out
from tests.aws.rekognition.operations import Call, operation
from tests.aws.rekognition.paging import page_of
from tests.aws.rekognition.store import MODEL_VERSION, Collection, StoredFace, User, Vector
from tests.aws.rekognition.wire import Document, ServiceError

MOST_FACES = 100
MOST_USERS = 500
ASSOCIATION_THRESHOLD = 75.0


@operation("CreateUser")
def create_user(call: Call) -> Document:
    users, user_id = call.collection.users, call.request["UserId"]
    if user_id in users:
        raise ServiceError("ConflictException", f"The userId: {user_id} already exists")
    users[user_id] = User(user_id)
    return {}


@operation("DeleteUser")
def delete_user(call: Call) -> Document:
    collection = call.collection
    user = _settled(collection, call.request["UserId"])
    for face in collection.faces_of(user.user_id):
        face.user_id = None
    del collection.users[user.user_id]
    return {}


@operation("ListUsers")
def list_users(call: Call) -> Document:
    page, more = page_of(list(call.collection.users.values()), call.request, most=MOST_USERS)
    return {"Users": [user.document() for user in page], **more}


@operation("AssociateFaces")
def associate_faces(call: Call) -> Document:
    collection = call.collection
    user = _settled(collection, call.request["UserId"])
    if len(collection.faces_of(user.user_id)) >= MOST_FACES:
        raise ServiceError("ServiceQuotaExceededException", f"A user has at most {MOST_FACES} faces.")
    threshold = call.request.get("UserMatchThreshold", ASSOCIATION_THRESHOLD)
    associated, refused = [], []
    for face_id in dict.fromkeys(call.request["FaceIds"]):
        face = collection.faces.get(face_id)
        reason = _refusal(face, user, threshold)
        if reason:
            refused.append({"FaceId": face_id, **reason})
        elif face and face.user_id is None:
            if len(collection.faces_of(user.user_id)) == MOST_FACES:
                refused.append({"FaceId": face_id})  # the model has no reason for the hundred-and-first
                continue
            face.user_id = user.user_id
            associated.append({"FaceId": face_id})
    if associated:
        user.change(collection.faces_of(user.user_id), call.store.lag)
    status = "UPDATING" if associated else user.status
    return {"AssociatedFaces": associated, "UnsuccessfulFaceAssociations": refused, "UserStatus": status}


@operation("DisassociateFaces")
def disassociate_faces(call: Call) -> Document:
    collection = call.collection
    user = _settled(collection, call.request["UserId"])
    released, refused = [], []
    for face_id in dict.fromkeys(call.request["FaceIds"]):
        face = collection.faces.get(face_id)
        reason = _refusal(face, user, threshold=0)
        if reason:
            refused.append({"FaceId": face_id, **reason})
        elif face and face.user_id:
            face.user_id = None
            released.append({"FaceId": face_id})
    if released:
        user.change(collection.faces_of(user.user_id), call.store.lag)
    status = "UPDATING" if released else user.status
    return {"DisassociatedFaces": released, "UnsuccessfulFaceDisassociations": refused, "UserStatus": status}


@operation("SearchUsersByImage")
def search_users_by_image(call: Call) -> Document:
    collection = call.collection
    good, left = sorted_out(call.picture.faces, call.request.get("QualityFilter", "NONE"))
    left += [(face, ["FACE_NOT_LARGEST"]) for face in good[1:]]
    unsearched = [{"FaceDetails": face.compared(), "Reasons": reasons} for face, reasons in left]
    answer = {"FaceModelVersion": MODEL_VERSION, "UnsearchedFaces": unsearched, "UserMatches": []}
    if not good:  # no error here, unlike SearchFacesByImage
        return answer
    matches = _matches(call, good[0].vector, collection.users.values())
    return {**answer, "UserMatches": matches, "SearchedFace": {"FaceDetail": good[0].compared()}}


@operation("SearchUsers")
def search_users(call: Call) -> Document:
    collection, request = call.collection, call.request
    if ("UserId" in request) == ("FaceId" in request):
        raise ServiceError("InvalidParameterException", "Request has invalid parameters: one of UserId and FaceId.")
    if "FaceId" in request:
        face = collection.face(request["FaceId"])
        matches = _matches(call, face.vector, collection.users.values())
        return {"SearchedFace": {"FaceId": face.face_id}, "UserMatches": matches, "FaceModelVersion": MODEL_VERSION}
    user = collection.user(request["UserId"])
    vector = user.vector()
    others = [other for other in collection.users.values() if other is not user]
    matches = [] if vector is None else _matches(call, vector, others)
    return {"SearchedUser": {"UserId": user.user_id}, "UserMatches": matches, "FaceModelVersion": MODEL_VERSION}


def _settled(collection: Collection, user_id: str) -> User:
    """The user, unless a change is still under way. Raises ServiceError."""
    user = collection.user(user_id)
    if user.status == "UPDATING":
        raise ServiceError("ConflictException", f"The userId: {user_id} is being updated.")
    return user


def _refusal(face: StoredFace | None, user: User, threshold: float) -> Document | None:
    """Reason why a face cannot become, or stop being, the user's; None if it can or is already."""
    if face is None:
        return {"Reasons": ["FACE_NOT_FOUND"]}
    if face.user_id not in (None, user.user_id):
        return {"UserId": face.user_id, "Reasons": ["ASSOCIATED_TO_A_DIFFERENT_USER"]}
    vector = user.vector()
    confidence = 100.0 if vector is None or face.user_id else similarity_of(face.vector, vector)
    if confidence < threshold:
        return {"Confidence": confidence, "Reasons": ["LOW_MATCH_CONFIDENCE"]}
    return None


def _matches(call: Call, vector: Vector, users: Iterable[User]) -> list[Document]:
    threshold = call.request.get("UserMatchThreshold", DEFAULT_THRESHOLD)
    scored: list[Document] = []
    for user in users:
        theirs = user.vector()
        if theirs is not None and (similarity := similarity_of(vector, theirs)) >= threshold:
            scored.append({"Similarity": similarity, "User": user.document()})
    return sorted(scored, key=lambda match: -match["Similarity"])[: call.request.get("MaxUsers", MOST_USERS)]
