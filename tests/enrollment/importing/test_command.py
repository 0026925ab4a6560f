"""The command for nightly runs."""

import pytest
from django.core.management import CommandError, call_command

from enrollment.models import ImportRun, Student
from tests.enrollment.importing.test_students import ADA, BEN, table


@pytest.fixture
def run(tmp_path, riverside, capsys):
    """Runs the command on a file with this text; returns the exit code and what it says."""

    def run_(text, *options, kind="students"):
        file = tmp_path / "students.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        code = 0
        try:
            call_command("import_file", "riverside", kind, str(file), *options)
        except CommandError as error:
            code = error.returncode
            print(error)  # noqa: T201
        return code, capsys.readouterr().out

    return run_


def test_without_apply_nothing_is_written(run):
    code, said = run(table(ADA, BEN))
    assert (code, said.splitlines()[0]) == (0, "2 new, 0 changed, 0 unchanged, 0 left out; 0 of 0 are not in the file.")
    assert (Student.objects.count(), ImportRun.objects.count()) == (0, 0)


def test_applied_and_again(run):
    assert run(table(ADA, BEN), "--apply")[0] == 0
    assert Student.objects.count() == 2
    assert "0 new, 0 changed, 2 unchanged" in run(table(ADA, BEN), "--apply")[1]


def test_rows_left_out_have_a_code_of_their_own(run):
    code, said = run(table(ADA, "R-2;;;;;;;"), "--apply")
    assert (code, Student.objects.count()) == (2, 1)
    assert "row 3, No name: First name and last name are both empty." in said


def test_removal_has_a_limit(run):
    run(table(ADA, BEN, "R-3;Cy;Dee;;;;;"), "--apply")
    assert run(table(ADA), "--apply", "--remove-absent", "1")[0] == 3
    assert Student.objects.filter(is_active=True).count() == 3
    assert run(table(ADA), "--apply", "--remove-absent", "2")[0] == 0
    assert Student.objects.filter(is_active=True).count() == 1


def test_questions_are_answered_by_options(run):
    data = table("R-1;Zoë;Obi;03/04/2011;;;;").encode("cp1252")
    code, said = run(data, "--apply")
    assert (code, "spelt correctly" in said) == (1, True)
    assert run(data, "--apply", "--encoding", "cp1252", "--dates", "dmy")[0] == 0
    assert str(Student.objects.get().birth_date) == "2011-04-03"


@pytest.mark.parametrize("data", ["", "Bus\n7\n"])
def test_a_bad_file(run, data):
    code, said = run(data, "--apply")
    assert (code, bool(said)) == (1, True)
    assert not ImportRun.objects.exists()


def test_no_such_school_or_file(riverside, tmp_path):
    with pytest.raises(CommandError, match="no school"):
        call_command("import_file", "nowhere", "students", str(tmp_path))
    with pytest.raises(CommandError):
        call_command("import_file", "riverside", "students", str(tmp_path / "missing.csv"))
