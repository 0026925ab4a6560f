"""Form groups in a plan: found by name, made where they are new, and the rosters that follow them."""

import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _

from enrollment.importing.naming import key_of
from enrollment.importing.plans import Draft
from enrollment.importing.records import Choice, Problem
from enrollment.importing.state import Row, SchoolState

GROUP, PLACE, ON_ROSTER = "enrollment.Group", "enrollment.GroupPlace", "enrollment.Enrollment"
_OFTEN = 3  # students of a new group in one file: it is meant, and no typing error
CREATE = "create"


class Groups:
    """The groups of the present school year, and of none; with who is in them."""

    def __init__(self, state: SchoolState, answers: Mapping[str, str], names: Iterable[str]) -> None:
        """names: of the groups in the file, as often as rows have them."""
        self.state, self.answers = state, answers
        now = [row for row in state.groups if row["is_active"] and row["year_id"] in (None, state.year)]
        now.sort(key=lambda row: row["year_id"] is not None)  # of two of one name this year's counts
        self.by_key: dict[str, Row] = {key_of(row["name"]): row for row in now}
        self.by_id = {row["id"]: row for row in now}
        self._active = {row["id"] for row in state.students if row["is_active"]}
        self._was_empty = not now
        self._often = Counter(key_of(name) for name in names)
        self.places: dict[str, list[Row]] = defaultdict(list)
        for place in state.places:
            if place["group_id"] in self.by_id:
                self.places[place["student_id"]].append(place)
        self._courses: dict[str, list[str]] = defaultdict(list)
        for link in state.course_groups:
            self._courses[link["group_id"]].append(link["course_id"])
        self._rosters = {(row["course_id"], row["student_id"]): row for row in state.enrollments}

    def find(self, name: str) -> Row | None:
        return self.by_key.get(key_of(name))

    def members_of(self, group: str) -> list[str]:
        """The ids of the active students of a group."""
        return [student for student, places in self.places.items() if student in self._active
                for place in places if place["group_id"] == group]  # fmt: skip

    def need(self, draft: Draft, name: str) -> Row:
        """The group of that name, which is added if there is none."""
        return self.find(name) or self._add(draft, name, "")

    def resolved(self, name: str, field: str = "group") -> tuple[str, Problem | None]:
        """The name of the group that is meant, or the question whether it is a new one."""
        if self.find(name):
            return name, None
        question = f"group:{key_of(name)}"
        answer = self.answers.get(question, "")
        if answer == CREATE or self._was_empty or self._often[key_of(name)] >= _OFTEN:
            return name, None
        if answer and self.find(answer):
            return answer, None
        names = {key: row["name"] for key, row in self.by_key.items()}
        near = [names[key] for key in difflib.get_close_matches(key_of(name), list(names), n=1, cutoff=0.5)]
        create = Choice(CREATE, _("Add %(group)s") % {"group": name})
        use = [Choice(each, _("Use %(group)s") % {"group": each}) for each in near]
        said = _("There is no form group %(group)s.") % {"group": name}
        if near:
            said = _("There is no form group %(group)s. Is it %(near)s?") % {"group": name, "near": near[0]}
        return name, Problem(said, field, name, question, (*use, create))

    def join(self, draft: Draft, student: str, name: str, grade: str, label: object) -> None:
        """Put a student into a group, out of the one where they are, and onto the rosters that follow it."""
        group = self.find(name) or self._add(draft, name, grade)
        held = self.places[student]
        if any(place["group_id"] == group["id"] for place in held):
            return
        before = self.by_id[held[0]["group_id"]] if len(held) == 1 else None
        if before:
            self._leave(draft, held[0], student)
        elif held:
            draft.notes.append(_("The student is in several groups, and stays in them too."))
        draft.link(PLACE, {"group_id": group["id"], "student_id": student})
        self.places[student].append({"id": "", "group_id": group["id"], "student_id": student})
        draft.says(label, before["name"] if before else "", group["name"])
        for course in self._courses[group["id"]]:
            self.enrol(draft, course, student, group["id"])

    def enrol(self, draft: Draft, course: str, student: str, group: str | None) -> bool:
        """Put a student on a course's roster, brought by a group or on their own; False if they are on it."""
        if (course, student) in self._rosters:
            return False
        values = {"course_id": course, "student_id": student, "group_id": group}
        self._rosters[course, student] = {"id": "", **values}
        draft.link(ON_ROSTER, values)
        return True

    def _leave(self, draft: Draft, place: Row, student: str) -> None:
        for course in self._courses[place["group_id"]]:
            row = self._rosters.get((course, student))
            if row and row["group_id"] == place["group_id"] and row["id"]:
                draft.remove(ON_ROSTER, row)
                del self._rosters[course, student]
        draft.remove(PLACE, place)
        self.places[student].remove(place)

    def _add(self, draft: Draft, name: str, grade: str) -> Row:
        year = self.state.year
        values = {"name": name, "year_id": year, "grade": grade, "external_id": "", "is_active": True}
        row: Row = {"id": draft.add(GROUP, f"{year}:{key_of(name)}", values), **values}
        self.by_key[key_of(name)] = self.by_id[row["id"]] = row
        return row
