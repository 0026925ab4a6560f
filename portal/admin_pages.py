"""Frame of the admin's pages: the school's name, the sidebar, and an index of next steps."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _

from accounts.selectors import read_budget
from accounts.tenant_admin import is_school_admin, school_of
from attendance.today.office import read_day
from enrollment.faces.door import door_for
from enrollment.models import FacePhoto, Student
from enrollment.readiness import erasures_due, photos_in, without_consent, without_photo

State = FacePhoto.State


def site_title(request: HttpRequest) -> str:
    """The school's name."""
    school = school_of(request)
    return school.name if school else _("Portal")


def site_address(request: HttpRequest) -> str:
    """Address of “View site”: the school's pages in the portal."""
    school = school_of(request)
    return f"/{school.slug}/" if school else reverse("home")


def school_choice(request: HttpRequest) -> list[dict[str, Any]]:
    """The schools to choose from, if there are several, and the link back to the portal."""
    memberships = getattr(request, "administered", [])
    if len(memberships) < 2:
        return []
    chosen = school_of(request)
    return [
        {
            "title": each.institution.name,
            "link": reverse("admin:enter", args=[each.institution.slug]),
            "icon": "check" if each.institution == chosen else "school",
        }
        for each in memberships
    ]


def account_links(request: HttpRequest) -> list[dict[str, str]]:
    """The links above “Log out”."""
    return [
        {"title": _("Back to the portal"), "link": site_address(request)},
        {"title": _("Change password"), "link": reverse("account_change_password")},
    ]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar, in the order of the work: people, faces, lessons, the school."""
    of_operator = _group(
        _("Portal"),
        _item(_("All schools"), "domain", "admin:accounts_institution_changelist"),
        _item(_("Accounts"), "person", "admin:accounts_user_changelist"),
    )
    if not is_school_admin(request):
        return [of_operator]
    groups = [_first_group(request), *_groups_of_work(), _school_group(school_of(request))]
    return [*groups, of_operator] if request.user.is_superuser else groups


def _first_group(request: HttpRequest) -> dict[str, Any]:
    back = "arrow_forward" if get_language_bidi() else "arrow_back"
    return _group(
        site_title(request),
        _item(_("What to do next"), "task_alt", "admin:index"),
        _outside(_("Back to the portal"), back, site_address(request)),
    )


def _groups_of_work() -> list[dict[str, Any]]:
    return [
        _group(
            _("People"),
            _item(_("Students"), "school", "admin:enrollment_student_changelist"),
            _item(_("Members"), "badge", "admin:accounts_membership_changelist"),
            _item(_("Invitations"), "mail", "admin:accounts_invitation_changelist"),
            _item(_("Guardians"), "family_restroom", "admin:enrollment_guardian_changelist"),
            _item(_("Groups"), "groups", "admin:enrollment_group_changelist"),
        ),
        _group(
            _("Faces"),
            _item(_("Consents"), "assignment_turned_in", "admin:enrollment_consent_changelist"),
            _item(_("Photos"), "familiar_face_and_zone", "admin:enrollment_facephoto_changelist"),
        ),
        _group(
            _("Lessons"),
            _item(_("Courses"), "menu_book", "admin:enrollment_course_changelist"),
            _item(_("Timetable"), "calendar_view_week", "admin:attendance_timetableslot_changelist"),
            _item(_("Lessons"), "event", "admin:attendance_classsession_changelist"),
            _item(_("Holidays"), "beach_access", "admin:attendance_dayoff_changelist"),
            _item(_("Substitutes"), "swap_horiz", "admin:attendance_substitution_changelist"),
            _item(_("Status codes"), "label", "admin:attendance_statuscode_changelist"),
            _item(_("School years"), "date_range", "admin:enrollment_schoolyear_changelist"),
            _item(_("Rooms"), "meeting_room", "admin:enrollment_room_changelist"),
            _item(_("Door tablets"), "tablet", "admin:attendance_kiosk_changelist"),
        ),
    ]


def _school_group(school: Any) -> dict[str, Any]:
    return _group(
        _("School"),
        _outside(_("Settings"), "settings", reverse("admin:accounts_institution_change", args=[school.pk])),
        _outside(_("Costs"), "payments", reverse("costs", args=[school.slug])),
        _outside(_("Calibration"), "tune", reverse("calibration", args=[school.slug])),
    )


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "items": items}


def _item(title: str, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse(name)}


def _outside(title: str, icon: str, link: str) -> dict[str, Any]:
    """A link to a page outside the admin: never the one that is shown."""
    return {"title": title, "icon": icon, "link": link, "active": False}


def index_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Context of the index: each task with its count and a link to the list where it is done."""
    if is_school_admin(request):
        school = school_of(request)
        context["today"] = read_day(school)
        context["today_link"] = reverse("today", args=[school.slug])
        context["todo"] = [each for each in _todo(school) if each["count"]]
        context["students"] = Student.objects.for_institution(school).filter(is_active=True).count()
        context["faces_enabled"] = school.faces_enabled
        context["school_settings"] = reverse("admin:accounts_institution_change", args=[school.pk])
    return context


def _todo(school: Any) -> list[dict[str, Any]]:
    """Open tasks, the most urgent first, as dicts: count, title (of the counted rows), help (next step), link."""
    budget, no_consent, no_photo, erasing = _todo_budget(school), *_todo_students(school)
    held, refused, waiting = _todo_photos(school)
    return [budget, held, no_consent, no_photo, refused, waiting, erasing]


def _todo_budget(school: Any) -> dict[str, Any]:
    budget = read_budget(school.pk)
    day = date_format(budget.renews_on, "j F")
    if budget.is_spent:
        help_ = _("Registers are taken by hand until %s, or until the portal's operator raises the cap.") % day
    else:
        help_ = _("At 100 %% registers are taken by hand until %s. The portal's operator can raise the cap.") % day
    return {
        "count": f"{budget.percent} %" if budget.is_near and door_for(school).is_metered else "",
        "title": _("of this month's budget for paid services is used"),
        "help": help_,
        "link": reverse("costs", args=[school.slug]),
    }


def _todo_students(school: Any) -> list[dict[str, Any]]:
    """Students without consent, without a photo, with an unfinished erasure."""
    students = reverse("admin:enrollment_student_changelist")
    no_consent, no_photo, erasing = (rows(school).count() for rows in (without_consent, without_photo, erasures_due))
    return [
        {
            "count": no_consent,
            "title": ngettext("student without consent", "students without consent", no_consent),
            "help": _("Record it on the student's page. Until then they are marked by hand."),
            "link": f"{students}?readiness=no_consent",
        },
        {
            "count": no_photo,
            "title": ngettext(
                "student with consent but without a photo",
                "students with consent but without a photo",
                no_photo,
            ),
            "help": _("Add one to three photos on the student's page."),
            "link": f"{students}?readiness=no_photo",
        },
        {
            "count": erasing,
            "title": ngettext("erasure is unfinished", "erasures are unfinished", erasing),
            "help": _("Nobody is searched for any more. Choose “Withdraw consent and erase faces” once again."),
            "link": f"{students}?readiness=erasing",
        },
    ]


def _todo_photos(school: Any) -> list[dict[str, Any]]:
    """Held, refused, waiting."""
    photos = reverse("admin:enrollment_facephoto_changelist")
    held, refused = photos_in(school, State.HELD).count(), photos_in(school, State.REFUSED).count()
    waiting = photos_in(school, State.WAITING, State.RECEIVED).count()
    return [
        {
            "count": held,
            "title": ngettext("photo looks like somebody else", "photos look like somebody else", held),
            "help": _("Check whether they are different people."),
            "link": f"{photos}?state=held",
        },
        {
            "count": refused,
            "title": ngettext("photo could not be used", "photos could not be used", refused),
            "help": _("Each says why. Add another photo, then delete this one."),
            "link": f"{photos}?state=refused",
        },
        {
            "count": waiting,
            "title": ngettext("photo waits for the face engine", "photos wait for the face engine", waiting),
            "help": _("Open one and choose “Examine again”."),
            "link": f"{photos}?state=waiting",
        },
    ]
