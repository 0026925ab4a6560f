"""API of imports: a file is uploaded and checked, then applied, its absent ones removed, or the whole undone."""

from uuid import UUID

from django.http import Http404
from rest_framework import serializers, status
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Role
from attendance.api.base import SchoolView, described
from enrollment.importing.kinds import all_kinds
from enrollment.importing.runs import import_apply, import_create, import_remove, import_undo, run_of
from enrollment.importing.tables import MOST_BYTES
from enrollment.models import ImportRun

_LISTED = 50


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


class ProblemRowSerializer(serializers.Serializer):
    """A row that is left out. where: the file of a bundle."""

    where = serializers.CharField()
    number = serializers.IntegerField()
    name = serializers.CharField()
    reason = serializers.CharField(source="problem.sentence")


class QuestionSerializer(serializers.Serializer):
    """Something about the file that has to be answered on the import's page."""

    option = serializers.CharField()
    sentence = serializers.CharField()


class ImportSerializer(serializers.ModelSerializer):
    """An import. counts: rows by what becomes of them; absent: entries that are not in the file, of so many."""

    counts = serializers.DictField(child=serializers.IntegerField(), source="summary.counts", default=dict)
    left_out = ProblemRowSerializer(many=True, source="summary.left_out", default=list)
    questions = QuestionSerializer(many=True, source="summary.questions", default=list)
    missing = serializers.ListField(child=serializers.CharField(), source="summary.missing", default=list)
    absent = serializers.IntegerField(source="summary.absent", default=0)
    of = serializers.IntegerField(source="summary.of", default=0)
    progress = serializers.IntegerField(source="job.done", default=None, allow_null=True)

    class Meta:
        model = ImportRun
        fields = [
            "id", "kind", "file_name", "state", "error", "counts", "left_out", "questions", "missing", "absent", "of",
            "progress", "created_at", "applied_at", "undone_at",
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
