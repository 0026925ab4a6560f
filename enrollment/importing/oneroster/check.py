"""Check of a OneRoster bundle: read, the school among its orgs settled, and planned."""

from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Institution
from enrollment.importing.errors import EncodingUnknown
from enrollment.importing.fields import header_key
from enrollment.importing.kinds import Checked, Question
from enrollment.importing.oneroster.bundle import Bundle, bundle_read
from enrollment.importing.oneroster.people import people_plan
from enrollment.importing.oneroster.structure import Structure, classes_plan, enrollments_plan, sessions_plan
from enrollment.importing.plans import Plan
from enrollment.importing.records import Choice, Options
from enrollment.importing.state import SchoolState, state_read
from enrollment.importing.table_kind import encoding_question

ALL = "*"


def oneroster_check(institution: Institution, namespace: UUID, data: bytes, options: Options) -> Checked:
    """Read a bundle and plan it. Raises ImportFileError."""
    try:
        bundle = bundle_read(data, encoding=options.encoding)
    except EncodingUnknown as error:
        return Checked(None, questions=(encoding_question(error),))
    rows = sum(len(entries) for entries in bundle.tables.values())
    facts = {"rows": rows, "sheet": f"OneRoster {bundle.version}"}
    schools = {
        entry.id: entry.values.get("name", entry.id)
        for entry in bundle.of("orgs")
        if header_key(entry.values.get("type", "")) == "school" and not entry.is_gone
    }
    if len(schools) > 1 and options.org not in (ALL, *schools):
        choices = [Choice(each, name) for each, name in schools.items()]
        question = Question("org", _("The bundle has several schools. Which is yours?"), tuple(choices))
        return Checked(None, facts, questions=(question,))
    orgs = None if len(schools) < 2 or options.org == ALL else _below(bundle, options.org)
    return Checked(oneroster_plan(state_read(institution, namespace), bundle, orgs, options), facts)


def _below(bundle: Bundle, org: str) -> frozenset[str]:
    """An org and those below it; orgs that go round in a circle are followed once."""
    found = {org}
    while more := {e.id for e in bundle.of("orgs") if e.values.get("parentSourcedId") in found} - found:
        found |= more
    return frozenset(found)


def oneroster_plan(state: SchoolState, bundle: Bundle, orgs: frozenset[str] | None, options: Options) -> Plan:
    """Plan the changes of a bundle: years and terms, people, classes, and who is in them."""
    structure = Structure()
    sessions_plan(state, bundle, structure)
    people = people_plan(state, bundle, orgs, options)
    classes_plan(state, bundle, orgs, structure)
    before = len(structure.rows)
    enrollments_plan(state, bundle, orgs, people, structure)
    rows = [*structure.rows[:before], *people.rows, *structure.rows[before:]]
    notes = []
    if people.ignored:
        said = ngettext(
            "%d user has a role that is not imported.", "%d users have roles that are not imported.", people.ignored
        )
        notes.append(said % people.ignored)
    return Plan(tuple(rows), (*people.absent, *structure.absent), people.of + structure.of, tuple(notes))
