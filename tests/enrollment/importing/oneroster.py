"""OneRoster bundles made from the published tables of columns: 1.1 and 1.2, as small or as large as wished."""

import csv
import io
import zipfile

HEAD = ["sourcedId", "status", "dateLastModified"]
USERS = [
    "enabledUser",
    "orgSourcedIds",
    "role",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "grades",
    "password",
]
USERS_1_2 = [
    "enabledUser",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "identifier",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "grades",
    "password",
    "userMasterIdentifier",
    "preferredGivenName",
    "preferredMiddleName",
    "preferredFamilyName",
    "primaryOrgSourcedId",
    "pronouns",
]
COLUMNS = {
    "academicSessions": ["title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"],
    "orgs": ["name", "type", "identifier", "parentSourcedId"],
    "courses": ["schoolYearSourcedId", "title", "courseCode", "grades", "orgSourcedId", "subjects", "subjectCodes"],
    "classes": [
        "title",
        "grades",
        "courseSourcedId",
        "classCode",
        "classType",
        "location",
        "schoolSourcedId",
        "termSourcedIds",
        "subjects",
        "subjectCodes",
        "periods",
    ],
    "users": USERS,
    "roles": ["userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"],
    "enrollments": ["classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"],
    "demographics": ["birthDate", "sex"],
}


def small():
    """A school with a year and a term, a course, a homeroom, two students, a guardian and a teacher: rows by file."""
    return {
        "academicSessions": [
            {"sourcedId": "Y", "title": "2026/27", "type": "schoolYear", "startDate": "2026-08-01",
             "endDate": "2027-07-31", "schoolYear": "2027"},
            {"sourcedId": "T", "title": "Autumn", "type": "term", "startDate": "2026-08-01", "endDate": "2026-12-20",
             "parentSourcedId": "Y", "schoolYear": "2027"},
        ],
        "orgs": [{"sourcedId": "S", "name": "Riverside", "type": "school"}],
        "courses": [{"sourcedId": "C", "title": "Mathematics", "orgSourcedId": "S"}],
        "classes": [
            {"sourcedId": "K1", "title": "Maths 10B", "classCode": "MA-10B", "classType": "scheduled", "location": "12",
             "courseSourcedId": "C", "schoolSourcedId": "S", "termSourcedIds": "T"},
            {"sourcedId": "K2", "title": "10B", "classType": "homeroom", "courseSourcedId": "C", "grades": "10",
             "schoolSourcedId": "S", "termSourcedIds": "T"},
        ],
        "users": [
            {"sourcedId": "u1", "enabledUser": "true", "orgSourcedIds": "S", "role": "student", "username": "ada",
             "givenName": "Ada", "familyName": "Obi", "identifier": "1001", "agentSourcedIds": "g1"},
            {"sourcedId": "u2", "enabledUser": "true", "orgSourcedIds": "S", "role": "student", "username": "ben",
             "givenName": "Ben", "familyName": "Cole", "identifier": "1002"},
            {"sourcedId": "g1", "enabledUser": "true", "orgSourcedIds": "S", "role": "guardian", "username": "ngozi",
             "givenName": "Ngozi", "familyName": "Obi", "email": "n.obi@example.org", "agentSourcedIds": "u1"},
            {"sourcedId": "t1", "enabledUser": "true", "orgSourcedIds": "S", "role": "teacher", "username": "nina",
             "givenName": "Nina", "familyName": "Ray", "email": "nina@example.org"},
            {"sourcedId": "a1", "enabledUser": "true", "orgSourcedIds": "S", "role": "administrator", "username": "ad",
             "givenName": "Ad", "familyName": "Min"},
        ],
        "enrollments": [
            {"sourcedId": "e1", "classSourcedId": "K1", "schoolSourcedId": "S", "userSourcedId": "u1",
             "role": "student"},
            {"sourcedId": "e2", "classSourcedId": "K1", "schoolSourcedId": "S", "userSourcedId": "u2",
             "role": "student"},
            {"sourcedId": "e3", "classSourcedId": "K2", "schoolSourcedId": "S", "userSourcedId": "u1",
             "role": "student"},
            {"sourcedId": "e4", "classSourcedId": "K1", "schoolSourcedId": "S", "userSourcedId": "t1",
             "role": "teacher"},
        ],
        "demographics": [{"sourcedId": "u1", "birthDate": "2011-03-14", "sex": "female"}],
    }  # fmt: skip


def large(students):
    """A school of so many students, each with a guardian, in classes of 30, each in eight courses."""
    rows = small()
    rows.update(classes=[], users=rows["users"][3:4], enrollments=[], demographics=[])
    of_all = {"courseSourcedId": "C", "schoolSourcedId": "S", "termSourcedIds": "T"}
    for number in range(0, students, 30):
        name = f"G{number // 30}"
        rows["classes"].append({"sourcedId": name, "title": name, "classType": "homeroom", **of_all})
        for course in range(8):
            code = f"{name}-{course}"
            rows["classes"].append(
                {"sourcedId": code, "title": f"Course {code}", "classCode": code, "classType": "scheduled", **of_all}
            )
    for number in range(students):
        user, guardian, group = f"u{number}", f"g{number}", f"G{number // 30}"
        person = {"enabledUser": "true", "orgSourcedIds": "S", "familyName": f"Family{number}"}
        rows["users"].append(
            {"sourcedId": user, "role": "student", "givenName": f"Given{number}", "identifier": f"N{number}",
             "agentSourcedIds": guardian, **person}
        )  # fmt: skip
        rows["users"].append(
            {
                "sourcedId": guardian,
                "role": "guardian",
                "givenName": "Parent",
                "email": f"p{number}@example.org",
                **person,
            }
        )
        rows["demographics"].append({"sourcedId": user, "birthDate": "2011-03-14"})
        for which in (group, *(f"{group}-{course}" for course in range(8))):
            rows["enrollments"].append(
                {"sourcedId": f"e{which}{user}", "classSourcedId": which, "userSourcedId": user, "role": "student",
                 "schoolSourcedId": "S"}
            )  # fmt: skip
    return rows


def as_1_2(rows):
    """The same in 1.2: roles in a file of their own."""
    rows = dict(rows)
    rows["roles"] = [
        {"sourcedId": f"r{user['sourcedId']}", "userSourcedId": user["sourcedId"], "roleType": "primary",
         "role": {"administrator": "siteAdministrator"}.get(user["role"], user["role"]), "orgSourcedId": "S"}
        for user in rows["users"]
    ]  # fmt: skip
    rows["users"] = [{key: user[key] for key in user if key not in ("role", "orgSourcedIds")} for user in rows["users"]]
    return rows


def bundle(rows, *, version="1.1", modes=None, folder="", columns=None, mark=""):
    """The ZIP's bytes. modes: bulk or delta by file; columns: other headers by file; mark: at each file's beginning."""
    modes = modes or {}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = [["propertyName", "value"], ["manifest.version", "1.0"], ["oneroster.version", version]]
        manifest += [[f"file.{name}", modes.get(name, "bulk") if name in rows else "absent"] for name in COLUMNS]
        archive.writestr(f"{folder}manifest.csv", mark + table(manifest))
        for name, entries in rows.items():
            names = COLUMNS[name] if name != "users" or version == "1.1" else USERS_1_2
            names = [*HEAD, *(columns or {}).get(name, names)]
            lines = [names, *([entry.get(column, "") for column in names] for entry in entries)]
            archive.writestr(f"{folder}{name}.csv", mark + table(lines))
    return out.getvalue()


def table(lines):
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()
