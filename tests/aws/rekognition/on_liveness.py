"""Face Liveness: sessions and their results. What Amazon's component streams in between is ordered by the test.

The order `liveness` ({"status", "confidence", "picture": base64, "box"}) stands for the video of every session that
was made since and is not done.
"""

import time
from dataclasses import dataclass

from tests.aws.rekognition.operations import Call, operation
from tests.aws.rekognition.store import new_id
from tests.aws.rekognition.wire import Document, ServiceError

EXPIRES = 180  # seconds


@dataclass(slots=True)
class LivenessSession:
    """A session. result: what is known once its video was streamed."""

    created: float
    challenge: str
    result: Document | None = None


@operation("CreateFaceLivenessSession")
def create_session(call: Call) -> Document:
    wanted = call.request.get("Settings", {}).get("ChallengePreferences", [])
    kind = wanted[0]["Type"] if wanted else "FaceMovementAndLightChallenge"
    session_id = new_id()
    call.store.liveness[session_id] = LivenessSession(time.time(), kind)
    return {"SessionId": session_id}


@operation("GetFaceLivenessSessionResults")
def session_results(call: Call) -> Document:
    session_id = call.request["SessionId"]
    session = call.store.liveness.get(session_id)
    if session is None or time.time() - session.created > EXPIRES:
        raise ServiceError("SessionNotFoundException", "Session not found")
    if session.result is None:
        return {"SessionId": session_id, "Status": "CREATED"}
    status = session.result.get("status", "SUCCEEDED")
    answer: Document = {"SessionId": session_id, "Status": status}
    if status == "SUCCEEDED":
        answer |= {
            "Confidence": session.result["confidence"],
            "Challenge": {"Type": session.challenge, "Version": "1.0.0"},
        }
        if "picture" in session.result:
            answer["ReferenceImage"] = {"Bytes": session.result["picture"], "BoundingBox": session.result["box"]}
    return answer
