"""Services for school years and their terms: a year is saved with all its terms at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from accounts.days import BACKWARDS
from accounts.models import Institution
from enrollment.domain.spans import Span, faults
from enrollment.errors import EnrollmentError
from enrollment.models import SchoolYear, Term


@dataclass(frozen=True, slots=True)
class TermInput:
    """A term as typed. id: of the stored term that it changes; None: it is new."""

    name: str
    starts_on: date
    ends_on: date
    id: UUID | None = None


def year_save(
    *,
    institution: Institution,
    name: str,
    starts_on: date,
    ends_on: date,
    terms: Sequence[TermInput],
    year: SchoolYear | None = None,
) -> SchoolYear:
    """Add a school year with its terms, or change one: stored terms that are not among `terms` are deleted.

    Raises EnrollmentError `terms_<fault>` (`enrollment.domain.spans.faults`), `year_exists`; ValidationError.
    """
    _refuse_faults(Span(name, starts_on, ends_on), [Span(term.name, term.starts_on, term.ends_on) for term in terms])
    year = year or SchoolYear(institution=institution)
    year.name, year.starts_on, year.ends_on = name, starts_on, ends_on
    year.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            year.save()
            kept = {term.id for term in terms if term.id}
            Term.objects.for_institution(institution).filter(year=year).exclude(pk__in=kept).delete()
            for term in terms:
                _term_save(year, term)
    except IntegrityError as error:
        raise EnrollmentError("year_exists", _("There is a school year or term of this name already.")) from error
    return year


def _term_save(year: SchoolYear, typed: TermInput) -> None:
    stored = year.terms.filter(pk=typed.id).first() if typed.id else None
    term = stored or Term(institution=year.institution, year=year)
    term.name, term.starts_on, term.ends_on = typed.name, typed.starts_on, typed.ends_on
    term.save()


def _refuse_faults(year: Span, terms: Sequence[Span]) -> None:
    if year.last < year.first:
        raise EnrollmentError("year_backwards", BACKWARDS)
    for fault in faults(year, terms).values():
        raise EnrollmentError(f"terms_{fault}", fault_sentence(fault))


def fault_sentence(fault: str) -> str:
    """The sentence for a fault of a term."""
    return {
        "backwards": str(BACKWARDS),
        "outside": _("This term is not within the school year."),
        "overlaps": _("This term overlaps another."),
        "twice": _("Two terms have this name."),
    }[fault]


def year_delete(*, year: SchoolYear) -> None:
    """Delete a school year that has no groups. Raises EnrollmentError `year_in_use`."""
    try:
        with transaction.atomic():
            year.delete()
    except (ProtectedError, RestrictedError) as error:
        raise EnrollmentError("year_in_use", _("This year has groups. Delete or move them first.")) from error
