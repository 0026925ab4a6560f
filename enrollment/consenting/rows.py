"""Rows of students with the state of their consent, as the lists show them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Institution
from enrollment.consenting.addresses import AddressToMend, addresses_to_mend
from enrollment.consenting.forms import ParentForm
from enrollment.consenting.labels import CSS, MEDIA, WORDS
from enrollment.domain.consents import ENDING_DAYS, LETTERS, TO_ASK, WITHOUT, State, ends_soon, is_adult, rules_of
from enrollment.models import Consent, ConsentRequest, Guardianship, Student, consent_state
from enrollment.selectors import portraits_of

Answer = Consent.Answer


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A student's line. detail: who answered, or why there is no answer; until: the date that matters."""

    student: Student
    state: State
    letter: str
    css: str
    word: str
    detail: str
    until: str
    name: str  # of the giver or the person who was asked
    portrait: UUID | None
    waits: bool = False  # until each parent was told
    to_mend: Sequence[AddressToMend] = ()  # addresses that are missing, or to which no mail came
    has_nobody: bool = False  # who decides


@dataclass(frozen=True, slots=True)
class Section:
    """Students of one state, or of two that are looked after alike."""

    key: str
    rows: Sequence[ConsentRow]


def with_answers(students: QuerySet[Student]) -> QuerySet[Student]:
    """The students, each with `state`, and with their answers, guardians and requests at hand."""
    guardians = Guardianship.objects.select_related("guardian").order_by("guardian__name_key")
    return students.annotate(state=consent_state()).prefetch_related(
        Prefetch("consents", Consent.objects.order_by("-given_at", "-created_at")),
        Prefetch("guardianships", guardians),
        Prefetch("consent_requests", ConsentRequest.objects.order_by(F("sent_at").desc(nulls_last=True))),
    )


def in_state(students: QuerySet[Student], wanted: str) -> QuerySet[Student]:
    """Those of the students whose consent is in a state, or "ending" soon. An unknown word narrows nothing."""
    if wanted == "ending":
        last = timezone.localdate() + timedelta(days=ENDING_DAYS)
        valid = Consent.objects.valid().filter(expires_on__lte=last)
        longer = Consent.objects.valid().exclude(expires_on__lte=last)
        granted = students.annotate(state=consent_state()).filter(state=State.GRANTED.value)
        return granted.filter(pk__in=valid.values("student")).exclude(pk__in=longer.values("student"))
    if wanted in set(State):
        return students.annotate(state=consent_state()).filter(state=wanted)
    return students


def rows_of(institution: Institution, students: Iterable[Student]) -> list[ConsentRow]:
    """Rows of students that `with_answers` read."""
    students = list(students)
    granted = [student.pk for student in students if _state(student) == State.GRANTED]
    portraits = portraits_of(institution, granted)
    rows = [_row(student, portraits.get(student.pk)) for student in students]
    return [_warned(row) for row in rows] if rules_of(institution.law).every_parent else rows


def rows_exported(institution: Institution, students: QuerySet[Student]) -> Iterator[ConsentRow]:
    """Rows of `with_answers`, without portraits; read some hundreds at a time, however many there are."""
    every_parent = rules_of(institution.law).every_parent
    for student in students.iterator(chunk_size=500):
        row = _row(student, None)
        yield _warned(row) if every_parent else row


def parents_of(student: Student) -> list[tuple[Guardianship, ParentForm, bool]]:
    """Each parent who has a say, with the form that notes that they were told, and whether they are still to be."""
    told = _told(student)
    relations = [each for each in student.guardianships.all() if each.may_consent and not each.is_barred]
    return [
        (each, ParentForm.of(each), each.is_untold and each.guardian_id not in told) for each in relations
    ]  # fmt: skip


def uninformed_parents(student: Student) -> list[str]:
    """Names of guardians who decide about a minor, and whom no mail has reached and who have not answered."""
    if is_adult(student.birth_date, timezone.localdate()):
        return []
    told = _told(student)
    untold = [each for each in student.guardianships.all() if each.is_untold and each.guardian_id not in told]
    return [each.guardian.name for each in untold]


def _told(student: Student) -> set[UUID | None]:
    """Ids of guardians who got the question by mail, or who answered."""
    asked = {each.guardian_id for each in student.consent_requests.all() if each.sent_at and not each.mail_error}
    return asked | {each.guardian_id for each in student.consents.all()}


def _warned(row: ConsentRow) -> ConsentRow:
    """The row, with the parents who are still to be told, where the law wants every parent told first."""
    names = uninformed_parents(row.student)
    if not names or row.state in WITHOUT:
        return row
    words = _("not informed yet: %s") % ", ".join(names)
    detail = f"{row.detail} · {words}" if row.detail else words
    if row.state == State.GRANTED:
        return replace(row, detail=detail, css="L", word=_("waits: a parent is not told"), waits=True)
    return replace(row, detail=detail, waits=True)


def sections_of(rows: Sequence[ConsentRow]) -> list[Section]:
    """The rows in the order in which they need somebody: to ask first, then without consent, then granted."""
    keys = [("pending", TO_ASK), ("without", WITHOUT), ("granted", {State.GRANTED})]
    return [Section(key, [row for row in rows if row.state in states]) for key, states in keys]


def deciding_answer(student: Student) -> Consent | None:
    """The answer by which the student's state came about; None if nobody answered."""
    answers = list(student.consents.all())
    standing = [each for each in answers if each.withdrawn_at is None and each.replaced_at is None]
    state = _state(student)
    if state == State.GRANTED:
        valid = [each for each in standing if each.answer == Answer.GRANTED and not _has_expired(each)]
        return max(valid, key=lambda each: each.expires_on or date.max, default=None)
    if state in WITHOUT:
        own = [each for each in standing if each.answer == state.value]
        return next(iter(own), None) or max(
            (each for each in answers if each.answer == Answer.GRANTED and each.withdrawn_at),
            key=lambda each: each.withdrawn_at or each.given_at,
            default=None,
        )
    return next(iter(standing), None)


def _state(student: Student) -> State:
    return State(student.state)  # type: ignore[attr-defined]


def _has_expired(answer: Consent) -> bool:
    return answer.expires_at is not None and answer.expires_at <= timezone.now()


def _row(student: Student, portrait: UUID | None) -> ConsentRow:
    state, answer = _state(student), deciding_answer(student)
    css, word = CSS[state], str(WORDS[state])
    if state in TO_ASK:
        return _row_to_ask(student, state, answer)
    assert answer is not None
    detail = _given(answer)
    if state == State.GRANTED:
        is_ending = ends_soon(answer.expires_on, timezone.localdate())
        css, word = ("L", _("ends soon")) if is_ending else (css, word)
        until = _("until %s") % _day(answer.expires_on) if answer.expires_on else _("no end date")
    else:
        until = _day(answer.withdrawn_at or answer.given_at)
    if state == State.REFUSED and answer.by_student:
        detail = _("The student's own refusal. It counts first.")
    return ConsentRow(student, state, LETTERS[state], css, word, detail, until, answer.given_by, portrait)


def _row_to_ask(student: Student, state: State, answer: Consent | None) -> ConsentRow:
    css, word = CSS[state], str(WORDS[state])
    revoked = ConsentRequest.State.REVOKED
    request = next((each for each in student.consent_requests.all() if each.state != revoked), None)
    name, detail, until, has_nobody = "", "", _("not asked yet"), False
    if request is not None and request.mail_error:
        detail = f"{request.email}: {request.mail_error}"
        until = _("came back") if request.came_back_at else _("not delivered")
    elif request is not None and request.sent_at:
        name, until = _asked_name(student, request), _("asked %s") % _day(request.created_at)
        detail = _request_words(request)
    elif not (names := asked_names(student)):
        has_nobody = not addresses_to_mend(student)
        detail = _("No guardian to ask is on record.") if has_nobody else _("No e-mail address to ask. Print a form.")
    else:
        name = ", ".join(names)
    if state == State.EXPIRED and answer is not None and answer.expires_on:
        until = _("ended %s") % _day(answer.expires_on)
    return ConsentRow(
        student, state, LETTERS[state], css, word, detail, until, name, None,
        to_mend=addresses_to_mend(student), has_nobody=has_nobody,
    )  # fmt: skip


def _request_words(request: ConsentRequest) -> str:
    if request.opened_at:
        return _("opened the link on %s") % _day(request.opened_at)
    if request.times_sent > 1 and request.sent_at:
        return _("reminded on %s") % _day(request.sent_at)
    return _("has not opened the link yet")


def _asked_name(student: Student, request: ConsentRequest) -> str:
    names = {each.guardian_id: each.guardian.name for each in student.guardianships.all()}
    return names.get(request.guardian_id, student.name) if request.guardian_id else student.name


def asked_names(student: Student) -> list[str]:
    """Names of those who decide and have an e-mail address: the adult student, else the guardians."""
    if is_adult(student.birth_date, timezone.localdate()):
        return [student.name] if student.email else []
    deciding = [each for each in student.guardianships.all() if each.decides]
    return [each.guardian.name for each in deciding if each.guardian.email]


def _given(answer: Consent) -> str:
    day = answer.withdrawn_at or answer.given_at
    return f"{MEDIA[Consent.Medium(answer.medium)]}, {_day(day)}"


def _day(when: date | datetime | None) -> str:
    if isinstance(when, datetime):
        when = timezone.localtime(when).date()
    return date_format(when, "j M Y") if when else ""
