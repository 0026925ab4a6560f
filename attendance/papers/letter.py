"""A letter home about a student's attendance: a page for each guardian, in their language."""

from collections.abc import Sequence

from django.utils import translation
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _

from accounts.models import Membership
from attendance.domain.rates import Rate
from attendance.domain.statuses import Status
from attendance.lessons.timetable import today_of
from attendance.papers.typesetting import Json, day_words, directed, isolated, paper_size
from attendance.rates.periods import Period
from attendance.rates.words import definition
from attendance.reports.students import ShownLesson, StudentReport, contacts_of, student_report
from enrollment.models import Guardian, Student

MOST_LISTED = 20  # absences without a reason; of further ones their number
_COUNTED = (Status.LATE, Status.ABSENT, Status.EXCUSED)


def letter_paper(
    student: Student, *, by: Membership, periods: Sequence[Period], period: Period, wished: str = ""
) -> Json:
    """The data of `letter.typ`, over all courses: for the office and the student's tutor. Raises StoreUnavailable.

    Guardians whom the school must not contact get none; without any guardian on record one goes to the family.
    """
    report = student_report(student, by=by, sees_all=True, periods=periods, period=period)
    contacts = contacts_of(student)
    to: list[Guardian | None] = [contact.guardian for contact in contacts if contact.is_open]
    if not contacts:
        to = [None]
    return {
        "paper": paper_size(student.institution.time_zone, wished),
        "title": f"{_('Attendance')} · {student.name}",
        "letters": [_letter(student, guardian, report, by) for guardian in to],
        "nobody": _("No guardian of this student may be contacted."),
    }


def _letter(student: Student, guardian: Guardian | None, report: StudentReport, by: Membership) -> Json:
    school = student.institution
    with translation.override((guardian and guardian.language) or school.language or translation.get_language()):
        name = isolated(student.name)
        dear = _("Dear %(name)s,") % {"name": isolated(guardian.name)} if guardian else _("Dear parents and guardians,")
        return {
            "rtl": get_language_bidi(),
            "language": (translation.get_language() or "en").partition("-")[0],
            "school": isolated(school.name),
            "date": day_words(today_of(school)),
            "to": directed(guardian.name) if guardian else directed(_("The parents or guardians of %s") % student.name),
            "subject": _("Attendance of %(name)s (%(term)s)") % {"name": name, "term": _term_words(report.period)},
            "paragraphs": [dear, *_sentences(student, report)],
            "heads": [_("Course"), _("Lessons"), _("Attended"), *_kind_words(), "%"],
            "courses": _rates(report),
            "listed": _("Absences without a reason") if report.unexplained else "",
            "absences": [_absence(one) for one in report.unexplained[:MOST_LISTED]],
            "more": _more_words(len(report.unexplained) - MOST_LISTED),
            "close": [_("Yours sincerely"), isolated(by.user.name), isolated(school.name)],
            "definition": definition(report.policy),
        }


def _rates(report: StudentReport) -> list[list[str]]:
    """A line for each course, and one for the lessons of others, so that they make up the sum in the text."""
    lines = [(isolated(line.course.name), line.rate) for line in report.courses]
    return [[name, *_numbers(rate)] for name, rate in [*lines, (_("As a guest"), report.as_guest)] if rate.counted]


def _sentences(student: Student, report: StudentReport) -> list[str]:
    rate, told = report.rate, {"name": isolated(student.name), "term": _term_words(report.period)}
    if rate.percent is None:
        said = [_("There are too few lessons yet (%(term)s) to give a rate for %(name)s.") % told]
    else:
        numbers = {"attended": rate.attended, "counted": rate.counted, "percent": rate.percent}
        sentence = _("%(name)s attended %(attended)s of %(counted)s lessons (%(term)s). That is %(percent)s %%.")
        said = [sentence % (told | numbers)]
    if rate.is_low:
        mark = {"mark": rate.threshold}
        said.append(_("We ask for at least %(mark)s %% and would like to find out with you how we can help.") % mark)
    number = len(report.unexplained)
    if number:
        words = ngettext(
            "For %(n)s absence we do not know the reason. Please tell us.",
            "For %(n)s absences we do not know the reason. Please tell us.",
            number,
        )
        said.append(words % {"n": number})
    return [" ".join(said)]


def _term_words(period: Period) -> str:
    """The name of a term or year, as the school wrote it; of any other span its days."""
    if period.key != "last":
        return isolated(period.name)
    return f"{date_format(period.first, 'j M Y')} – {date_format(period.last, 'j M Y')}"


def _kind_words() -> list[str]:
    return [_("Late"), _("Absent"), _("Excused")]


def _numbers(rate: Rate) -> list[str]:
    percent = "–" if rate.percent is None else str(rate.percent)
    return [*map(str, (rate.counted, rate.attended, *(rate.counts.get(kind, 0) for kind in _COUNTED))), percent]


def _absence(one: ShownLesson) -> list[str]:
    starts = one.lesson.starts_at
    return [date_format(starts, "D j M Y"), time_format(starts, "H:i"), isolated(one.course)]


def _more_words(more: int) -> str:
    return ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more} if more > 0 else ""
