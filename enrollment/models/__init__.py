"""The schema: people, the school's structure, courses; consents; face photos and vectors; imports and receipts."""

from enrollment.models.batches import BatchPhoto, PhotoBatch, batch_photo_path
from enrollment.models.consents import (
    Consent,
    ConsentForm,
    ConsentRequest,
    ConsentWording,
    consent_state,
    has_consent,
)
from enrollment.models.courses import Course, CourseGroup, Enrollment, InvitedTeacher, Teaching
from enrollment.models.faces import (
    FaceId,
    FacePhoto,
    FacePlace,
    FaceVector,
    Gallery,
    LookAlike,
    photo_path,
    portrait_path,
)
from enrollment.models.imports import ImportChange, ImportRun
from enrollment.models.links import PhotoLink
from enrollment.models.orders import NoContactOrder
from enrollment.models.people import HAS_SAY, Guardian, Guardianship, NoticeMode, Student, StudentQuerySet, Untold
from enrollment.models.receipts import AccessRecord, ErasureReceipt, ErasureScope, Receipt, SchoolErasureReceipt
from enrollment.models.structure import Group, GroupPlace, Room, SchoolYear, Term, YearChange
