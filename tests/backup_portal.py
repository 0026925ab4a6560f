"""Steps of `test_backup.py` in processes of a portal of its own: python -m tests.backup_portal STEP."""

import io
import sys

import django

STUDENTS = ("Sam", "Sita", "Tom")  # who stays, whose consent ends, who is erased


def main() -> None:
    django.setup()
    {"prepare": prepare, "erase": erase, "wipe": wipe, "told": told}[sys.argv[1]]()


def prepare() -> None:
    from accounts.models import Institution, User
    from attendance.demo.orl import orl_photo
    from enrollment.models import Student
    from enrollment.pictures import encode_jpeg
    from enrollment.services.consents import consent_record
    from enrollment.services.photos import face_photo_add

    User.objects.create_superuser("operator@example.org", "a long password", name="Olga")
    for slug in ("riverside", "closing"):
        school = Institution.objects.create(slug=slug, name=slug.title(), time_zone="UTC", faces_enabled=True)
        for number, name in enumerate(STUDENTS if slug == "riverside" else ("Cleo",), 1):
            student = Student.objects.create(institution=school, name=name, roll_number=f"R-{number}")
            consent_record(student=student, given_by="A parent", wording="1", recorded_by=None)
            picture = io.BytesIO(encode_jpeg(orl_photo(number, 1)))
            assert face_photo_add(student=student, upload=picture, added_by=None).state == "enrolled"


def erase() -> None:
    """Sita's consent ends, Tom is erased, a school leaves: after the backup."""
    from accounts.jobs import jobs_resume
    from accounts.models import Institution, User
    from attendance.erasing.closing import school_erase_ask
    from attendance.erasing.student import student_erase
    from enrollment.models import ErasureScope, Student
    from enrollment.services.consents import consent_withdraw

    operator = User.objects.get(is_superuser=True)
    consent_withdraw(student=Student.objects.get(name="Sita"), by=operator)
    student_erase(student=Student.objects.get(name="Tom"), scope=ErasureScope.EVERYTHING, reason="left", by=operator)
    school_erase_ask(institution=Institution.objects.get(slug="closing"), by=operator)
    assert jobs_resume() == 2


def wipe() -> None:
    """The disk is lost: no row, no file."""
    import shutil

    from django.conf import settings
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    shutil.rmtree(settings.MEDIA_ROOT)


def told() -> None:
    """One line a student: name, valid consents, photos, vectors, whether the files are there."""
    from django.core.files.storage import default_storage

    from enrollment.models import Consent, FaceId, FacePhoto, Student

    lines = []
    for student in Student.objects.order_by("name"):
        photos = FacePhoto.objects.filter(student=student)
        held = [
            Consent.objects.valid().filter(student=student).count(),
            photos.count(),
            FaceId.objects.filter(student=student).count(),
            sum(default_storage.exists(photo.picture.name) for photo in photos),
        ]
        lines.append(f"{student.name} {' '.join(map(str, held))}\n")
    sys.stdout.write("".join(lines))


if __name__ == "__main__":
    main()
