"""Faces with what people said of them, in whatever number a test of calibration needs."""

from uuid import uuid4

from django.utils import timezone

from attendance.models import Capture, ClassSession, DetectedFace, Verdict


def capture_of(session, *, engine="scripted", model="scripted-1", accept_threshold=0.5, review_threshold=0.3):
    """A recognised photo of a lesson, without its picture."""
    return Capture.objects.create(
        institution=session.institution, session=session, nonce=uuid4(), kind=Capture.Kind.PHOTO, width=800, height=600,
        state=Capture.State.DONE, engine=engine, model=model, accept_threshold=accept_threshold,
        review_threshold=review_threshold,
    )  # fmt: skip


def faces(capture, outcome, similarities, kind=None, *, student=None, decided=True, who=None, candidates=(), reason=""):
    """Faces of a capture, each with the verdict `kind` if one is named. who: the student they were decided to be."""
    first = DetectedFace.objects.filter(capture=capture).count() + 1
    reason = reason or {"mark": "clear", "ask": "below_threshold", "unknown": "nobody"}[outcome]
    common = {"institution": capture.institution, "capture": capture}
    rows = DetectedFace.objects.bulk_create(
        DetectedFace(
            **common, number=number, left=0, top=0, width=50, height=50, outcome=outcome, reason=reason,
            student=student, similarity=similarity, candidates=list(candidates), decided_student=who,
            decided_at=timezone.now() if kind and decided else None,
        )
        for number, similarity in enumerate(similarities, first)
    )  # fmt: skip
    if kind:
        figures = {name: getattr(capture, name) for name in ("engine", "model", "accept_threshold", "review_threshold")}
        Verdict.objects.bulk_create(
            Verdict(
                **common, **figures, detected_face=row, said=outcome, kind=kind, similarity=row.similarity,
                decided_at=timezone.now(),
            )
            for row in rows
        )  # fmt: skip
    return rows


def close(session):
    ClassSession.objects.filter(pk=session.pk).update(state=ClassSession.State.CLOSED)
