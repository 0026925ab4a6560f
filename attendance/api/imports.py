"""API of imports: a file is uploaded and checked, then applied, its absent ones removed, or the whole undone."""

from uuid import UUID

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from attendance.api.base import SchoolView, described
from enrollment.importing.checking import kind_of_run
from enrollment.importing.kinds import all_kinds
from enrollment.importing.runs import import_apply, import_choose, import_create, import_remove, import_undo, run_of
from enrollment.importing.tables import MOST_BYTES
from enrollment.importing.values import ORDERS
from enrollment.models import ImportRun

_LISTED = 50
_MOST_TEXT, _MOST_DIGITS = 500, 8


class UploadSerializer(serializers.Serializer):
    """A file to import, and its contents."""

    kind = serializers.CharField(
        help_text="students, guardians, teachers, courses, rosters, timetable, marks or oneroster."
    )
    file = serializers.FileField(allow_empty_file=True)

    def validate_kind(self, kind: str) -> str:
        if kind not in {each.name for each in all_kinds()}:
            raise serializers.ValidationError(f"{kind} is not a kind of import.")
        return kind


class RemovalSerializer(serializers.Serializer):
    """The number of absent entries that the caller saw: with another number nothing is removed."""

    absent = serializers.IntegerField(min_value=1)


class DecideSerializer(serializers.Serializer):
    """Decisions about a file, beside earlier ones. columns: fields by column, "" for one that is not imported.

    answers: by the `key` of a decision, word or row, or by what follows `answer:` in the option of a question; orders:
    by what follows `order:`. corrections: texts by row number and field.
    """

    columns = serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=40), default=dict)
    encoding = serializers.CharField(required=False, max_length=40)
    sheet = serializers.CharField(required=False, max_length=_MOST_TEXT)
    org = serializers.CharField(required=False, max_length=_MOST_TEXT)
    orders = serializers.DictField(child=serializers.ChoiceField(ORDERS), required=False)
    answers = serializers.DictField(child=serializers.CharField(max_length=_MOST_TEXT), required=False)
    corrections = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(allow_blank=True, max_length=_MOST_TEXT)),
        required=False,
    )

    def validate_columns(self, columns: dict[str, str]) -> dict[int, str]:
        """The same by number. Raises ValidationError for what is no column of the file or no field of its kind."""
        known = {column["number"] for column in self.context["columns"]}
        numbers = {number: name for number, name in columns.items() if _is_number(number) and int(number) in known}
        if wrong := [number for number in columns if number not in numbers]:
            raise serializers.ValidationError(f"{wrong[0]} is not a column of this file.")
        if unknown := [name for name in columns.values() if name and name not in self.context["fields"]]:
            raise serializers.ValidationError(f"{unknown[0]} is not a field of this kind.")
        return {int(number): name for number, name in numbers.items()}

    def validate_corrections(self, corrections: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """The same. Raises ValidationError for what is no row number or no field of the kind."""
        if not all(map(_is_number, corrections)):
            raise serializers.ValidationError("Corrections are named by the number of their row.")
        if any(name not in self.context["fields"] for cells in corrections.values() for name in cells):
            raise serializers.ValidationError("A correction names no field of this kind.")
        return {row: {name: text.strip() for name, text in cells.items()} for row, cells in corrections.items()}


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) <= _MOST_DIGITS


class ChoiceSerializer(serializers.Serializer):
    """An answer, and its words."""

    answer = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ProblemRowSerializer(serializers.Serializer):
    """A row that is left out. where: the file of a bundle. field: to correct; key, choices: to answer; else empty."""

    where = serializers.CharField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField(source="problem.sentence")
    field = serializers.CharField(source="problem.field", default="")
    key = serializers.CharField(source="problem.key", default="")
    choices = ChoiceSerializer(source="problem.choices", many=True, default=list)


class QuestionSerializer(serializers.Serializer):
    """Something about the file that has to be answered before its preview."""

    option = serializers.CharField()
    sentence = serializers.CharField()
    choices = ChoiceSerializer(many=True)


class DecisionSerializer(serializers.Serializer):
    """A choice about the whole file that has an answer already, which may be changed."""

    key = serializers.CharField()
    sentence = serializers.CharField()
    choices = ChoiceSerializer(many=True)
    answer = serializers.CharField()


class WordSerializer(serializers.Serializer):
    """A word of the file, and the meaning that it is taken for; empty: not known."""

    key = serializers.CharField()
    text = serializers.CharField()
    answer = serializers.CharField()
    count = serializers.IntegerField()


class ColumnSerializer(serializers.Serializer):
    """A column of the file, and the field that it goes to; empty: none."""

    number = serializers.IntegerField()
    header = serializers.CharField()
    field = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer):
    """An import. counts: rows by what becomes of them; absent: entries that are not in the file, of so many."""

    counts = serializers.DictField(child=serializers.IntegerField(), source="summary.counts", default=dict)
    left_out = ProblemRowSerializer(many=True, source="summary.left_out", default=list)
    questions = QuestionSerializer(many=True, source="summary.questions", default=list)
    decisions = DecisionSerializer(many=True, source="summary.decisions", default=list)
    words = WordSerializer(many=True, source="summary.words.words", default=list)
    meanings = ChoiceSerializer(many=True, source="summary.words.meanings", default=list)
    columns = ColumnSerializer(many=True, source="summary.columns", default=list)
    missing = serializers.ListField(child=serializers.CharField(), source="summary.missing", default=list)
    absent = serializers.IntegerField(source="summary.absent", default=0)
    of = serializers.IntegerField(source="summary.of", default=0)
    progress = serializers.IntegerField(source="job.done", default=None, allow_null=True)

    class Meta:
        model = ImportRun
        fields = [
            "id", "kind", "file_name", "state", "error", "counts", "left_out", "questions", "decisions", "words",
            "meanings", "columns", "missing", "absent", "of", "progress", "created_at", "applied_at", "undone_at",
        ]  # fmt: skip
        read_only_fields = fields


class ImportsView(SchoolView):
    roles = (Role.ADMIN,)
    parser_classes = [MultiPartParser]

    @described(ImportSerializer(many=True), name="imports_list")
    def get(self, request: Request, school: str) -> Response:
        """The latest imports, newest first."""
        runs = ImportRun.objects.for_institution(self.school_request.institution).select_related("job")[:_LISTED]
        return Response(ImportSerializer(runs, many=True).data)

    @described(
        ImportSerializer, request={"multipart/form-data": UploadSerializer}, status_code=201, name="imports_upload"
    )
    def post(self, request: Request, school: str) -> Response:
        """Upload a file and see what it would change; nothing is written yet."""
        sent = self.body(UploadSerializer)
        run = import_create(
            institution=self.school_request.institution,
            kind=sent["kind"],
            name=sent["file"].name,
            data=sent["file"].read(MOST_BYTES + 1),
            by=self.school_request.user,
        )
        return Response(ImportSerializer(run).data, status=status.HTTP_201_CREATED)


class ImportView(SchoolView):
    roles = (Role.ADMIN,)

    @described(ImportSerializer, name="import")
    def get(self, request: Request, school: str, run_id: UUID) -> Response:
        """An import as it stands."""
        return Response(ImportSerializer(self.run(run_id)).data)

    def run(self, run_id: UUID) -> ImportRun:
        """A run of the school. Raises Http404."""
        try:
            return run_of(self.school_request.institution, run_id)
        except ImportRun.DoesNotExist as error:
            raise Http404 from error


class ImportDecideView(ImportView):
    http_method_names = ["post", "options"]
    parser_classes = [JSONParser]

    @described(ImportSerializer, request=DecideSerializer, name="import_decide")
    def post(self, request: Request, school: str, run_id: UUID) -> Response:
        """Answer what the file leaves open; it is checked again, and nothing is written yet."""
        run = self.run(run_id)
        about = {"columns": run.summary.get("columns", []), "fields": kind_of_run(run).labels}
        options = self.body(DecideSerializer, **about)
        columns = options.pop("columns")
        if columns or options:
            run = import_choose(run=run, columns=columns, options=options, by=self.school_request.user)
        return Response(ImportSerializer(run).data)


class ImportActView(ImportView):
    """Base of the acts on an import: each begins, and a worker does it."""

    http_method_names = ["post", "options"]

    def begun(self, run: ImportRun) -> Response:
        return Response(ImportSerializer(run).data, status=status.HTTP_202_ACCEPTED)


class ImportApplyView(ImportActView):
    @described(ImportSerializer, status_code=202, name="import_apply")
    def post(self, request: Request, school: str, run_id: UUID) -> Response:
        """Write what the upload said."""
        return self.begun(import_apply(run=self.run(run_id), by=self.school_request.user))


class ImportUndoView(ImportActView):
    @described(ImportSerializer, status_code=202, name="import_undo")
    def post(self, request: Request, school: str, run_id: UUID) -> Response:
        """Take the whole import back; what was changed or used since is kept."""
        return self.begun(import_undo(run=self.run(run_id), by=self.school_request.user))


class ImportRemoveView(ImportActView):
    parser_classes = [JSONParser]

    @described(ImportSerializer, request=RemovalSerializer, status_code=202, name="import_remove")
    def post(self, request: Request, school: str, run_id: UUID) -> Response:
        """Remove what is not in the file, once it is imported: students are marked as having left."""
        run, absent = self.run(run_id), self.body(RemovalSerializer)["absent"]
        seen = run.summary.get("absent_fingerprint", "") if run.summary.get("absent") == absent else ""
        return self.begun(import_remove(run=run, seen=seen, by=self.school_request.user))
