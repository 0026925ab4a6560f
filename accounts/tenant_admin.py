"""Base classes of every admin page that shows a school's own rows.

Django's admin knows one kind of wall: permissions on a whole model. Here every way to show or change another school's
row is closed in one place: lists, objects, choices, autocompletion, filters, look-ups in the address, inlines, bulk
actions, cascades of a deletion, and history.
"""

from collections.abc import Callable, Collection
from typing import Any, ClassVar, NoReturn, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import NestedObjects, unquote
from django.core.exceptions import NON_FIELD_ERRORS, BadRequest
from django.db import IntegrityError, models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import DropdownFilter
from unfold.forms import PaginationInlineFormSet

from accounts.errors import AccountError
from accounts.known_ids import KnownChoices, KnownFields, is_id_of
from accounts.models import Membership, Role, User
from accounts.names import folded
from accounts.tenancy import TenantModel

SCHOOL_FIELD = "_school"  # the school that a form was opened for: another tab may have switched schools since


def is_school_admin(request: HttpRequest) -> bool:
    """True if the visitor administers the school that the admin shows."""
    membership = getattr(request, "membership", None)
    return membership is not None and membership.role == Role.ADMIN


def school_of(request: HttpRequest) -> Any:
    """The school that the admin shows; None for an operator of the portal who administers none."""
    return getattr(request, "institution", None)


def user_of(request: HttpRequest) -> User:
    """The signed-in user; the admin admits no one else."""
    return cast(User, request.user)


def not_here() -> NoReturn:
    """Answer 404 for the id of another school's row, as for one that does not exist. Raises Http404."""
    raise Http404


class TenantModelForm(forms.ModelForm):
    """Model form bound to a school: unique keys that include the school are checked like all others."""

    institution: ClassVar[Any] = None  # set for each request by `TenantRules`
    also_checked: ClassVar[frozenset[str]] = frozenset()  # fields not shown that a unique key's condition names

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            self.instance.institution = self.institution

    def _get_validation_exclusions(self) -> set[str]:
        hidden: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return hidden - {"institution"} - self.also_checked


class TenantRules:
    """Rules that lists and inlines have in common."""

    form = TenantModelForm
    exclude = ("institution",)
    model: type[TenantModel]
    may_add = True
    may_change = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]
        return rows.filter(institution=school_of(request)) if is_school_admin(request) else rows.none()

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> models.QuerySet[Any]:
        """Choices of a foreign key: the school's own rows, its own people, and no others. Of members the staff."""
        related = db_field.remote_field.model
        rows = related._default_manager.using(db)
        if not is_school_admin(request):
            return rows.none()
        if related is Membership:
            rows = rows.filter(role__in=[Role.TEACHER, Role.ADMIN]).select_related("user")
        if issubclass(related, TenantModel):
            return rows.filter(institution=school_of(request))
        return rows.filter(memberships__institution=school_of(request)) if related is User else rows.none()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            site = self.admin_site  # type: ignore[attr-defined]
            kwargs.setdefault("widget", KnownChoices(db_field, site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Django's own, with times as people write them: without seconds."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(db_field, models.TimeField):
            field.widget.format = "%H:%M"
        return field

    def _is_own(self, request: HttpRequest, obj: Any) -> bool:
        """True if the visitor administers the school that `obj` belongs to (None: no row in particular)."""
        if not is_school_admin(request):
            return False
        return not isinstance(obj, TenantModel) or obj.institution_id == school_of(request).pk

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_school_admin(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_own(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_add and self._is_own(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_change and self._is_own(request, obj)


class TenantModelAdmin(KnownFields, TenantRules, ModelAdmin):
    """Admin of a tenant model. Subclasses define the content; access is defined here."""

    list_filter_submit = True
    list_per_page = 50
    view_on_site = False
    warn_unsaved_form = True
    compressed_fields = True
    change_form_before_template = "admin/_school.html"
    deletes_with: ClassVar[tuple[type[models.Model], ...]] = ()  # kinds of rows that may go with a deleted one
    may_delete = True
    empty_hint: Any = ""  # sentence of an empty list: what belongs there, and how it comes there
    exists_already = _("There is one like this already.")

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Rows by the words as typed, or without accents and case as names are kept for searching."""
        found, doubled = super().get_search_results(request, queryset, search_term)
        key = folded(search_term)
        if key == search_term:
            return found, doubled
        more, doubled_too = super().get_search_results(request, queryset, key)
        return found | more, doubled or doubled_too

    # -- objects --

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        not_here()

    def own_or_404(self, request: HttpRequest, object_id: str) -> Any:
        """The school's own row for a view of ours, or Http404."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            raise Http404
        return obj

    # -- deleting --

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not (self.may_delete and self._is_own(request, obj)):
            return False
        return obj is None or not _is_in_use([obj], self.model, {self.model, *self.deletes_with})

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[Any, int], set[Any], list[str]]:
        """Rows that a deletion would remove: the chosen ones by name, dependent ones as a count."""
        own = [obj for obj in objs if self._is_own(request, obj)]
        counts: dict[Any, int] = {}
        lacking: set[Any] = set()
        for obj in own:
            for model, rows in self._collected(obj).items():
                counts[model._meta.verbose_name_plural] = counts.get(model._meta.verbose_name_plural, 0) + len(rows)
                if model not in {self.model, *self.deletes_with}:
                    lacking.add(model._meta.verbose_name_plural)
        return [str(obj) for obj in own], counts, lacking, []

    def _collected(self, obj: Any) -> dict[Any, set[models.Model]]:
        """All rows that a deletion would remove, by model."""
        collector = NestedObjects(using=obj._state.db or "default", origin=[obj])
        collector.collect([obj])
        return dict(collector.model_objs)

    # -- look-ups, lists --

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only look-ups that the filters offer. One along a relation could read hidden fields."""
        filters = self.get_list_filter(request) if request is not None else self.list_filter
        allowed = set()
        for item in filters:
            if isinstance(item, type) and issubclass(item, SimpleListFilter):
                allowed.add(item.parameter_name)
            elif isinstance(item, str):
                allowed |= {item, f"{item}__exact", f"{item}__isnull"}
        return lookup in allowed

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Django's own, bound to the school: "select all" in a tab of another school's list would act on this one's."""
        self._refuse_ids_that_are_none(request.POST.getlist(ACTION_CHECKBOX_NAME))
        is_for_all = request.POST.get("select_across", "0") != "0" and not request.POST.get(SCHOOL_FIELD)
        if _is_for_another_school(request) or (is_for_all and is_school_admin(request)):
            messages.error(
                request, _("Nothing was done: you have switched schools in another tab. Please check and try again.")
            )
            return HttpResponseRedirect(request.get_full_path())
        response = super().changelist_view(request, extra_context)
        _bind_list(response, school_of(request))
        return response

    def _refuse_ids_that_are_none(self, posted: list[str]) -> None:
        """Raise BadRequest (400) for chosen ids that are none of the model: Django would ask the database for them."""
        for value in posted:
            if not is_id_of(self.model, value):
                raise BadRequest("A chosen row is none.")

    # -- forms --

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        return _bound(form, request, self.exists_already)

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return _bound(
            super().get_changelist_form(request, **{"form": self.form, **kwargs}), request, self.exists_already
        )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Django's own, with a message when two people save the same row, or one person in two schools' tabs."""
        if _is_for_another_school(request):
            messages.error(
                request, _("Nothing was saved: you have switched schools in another tab. Please check and try again.")
            )
            return HttpResponseRedirect(request.get_full_path())
        context = {"school": school_of(request), "school_field": SCHOOL_FIELD, **(extra_context or {})}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except IntegrityError:
            messages.error(
                request, _("Nothing was saved: somebody else saved the same just now. Please check and try again.")
            )
            return HttpResponseRedirect(request.get_full_path())


class SaysRefusals:
    """Admin page on which a refusal of the services of accounts is a message, and leads back to the list."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[misc]
        except AccountError as error:
            return self._refused(request, error)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc]
        except AccountError as error:
            return self._refused(request, error)

    def _refused(self, request: HttpRequest, error: AccountError) -> HttpResponse:
        messages.error(request, str(error))
        return self.response_post_save_add(request, None)  # type: ignore[attr-defined]


def _is_in_use(rows: Any, model: type[models.Model], may_go: Collection[type[models.Model]]) -> bool:
    """True if deleting these rows would remove rows of other models than `may_go`, directly or through these.

    Asks for existence alone: a course of a few years has tens of thousands of dependent rows.
    """
    for relation in model._meta.related_objects:
        if getattr(relation, "on_delete", None) is not models.CASCADE:
            continue
        related = relation.related_model
        dependent = related._base_manager.filter(**{f"{relation.field.name}__in": rows})
        if related not in may_go:
            if dependent.exists():
                return True
        elif related is not model and _is_in_use(dependent, related, may_go):
            return True
    return False


def _is_for_another_school(request: HttpRequest) -> bool:
    """True if what is posted was shown for another school than the admin shows now."""
    school, meant_for = school_of(request), request.POST.get(SCHOOL_FIELD, "")
    return school is not None and bool(meant_for) and meant_for != str(school.pk)


def _bind_list(response: HttpResponse, school: Any) -> None:
    """Write the school into the form of a list's actions, as into every other form."""
    context = getattr(response, "context_data", None) or {}
    if (form := context.get("action_form")) is not None and school is not None:
        form.fields[SCHOOL_FIELD] = forms.CharField(label="", initial=school.pk, widget=forms.HiddenInput)


class OwnRowsFormSet(PaginationInlineFormSet):
    """Form set that accepts the ids of its own rows alone. Django's looks a posted id up among all rows.

    Rows chosen in fields with suggestions are looked up together.
    """

    def add_fields(self, form: Any, index: Any) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # within the admin's links to add and change
            if isinstance(widget, KnownChoices) and widget.chosen is not None and form.initial.get(name):
                widget.chosen.add(str(form.initial[name]))
        key = form.fields.get(self.model._meta.pk.name)
        if hasattr(key, "queryset"):
            key.queryset = self.queryset


class TenantInline(TenantRules, TabularInline):
    """Rows of a tenant model as a table, on the page of the row that they belong to."""

    formset = OwnRowsFormSet
    extra = 0
    hide_title = True
    may_delete = True
    exists_already = _("This is in the list twice.")
    show_change_link = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may_delete and self._is_own(request, obj)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form = _bound(formset.form, request, self.exists_already)
        for field in formset.form.base_fields.values():
            widget = getattr(field.widget, "widget", field.widget)
            if isinstance(widget, KnownChoices):
                widget.for_table()
        return formset


def _bound(form: Any, request: HttpRequest, exists_already: Any) -> Any:
    """The form class for one request: Django makes it again each time, so that it may carry the request's school."""
    form.institution = school_of(request)
    form._meta.error_messages = {
        **(form._meta.error_messages or {}),
        NON_FIELD_ERRORS: {"unique_together": exists_already, "unique": exists_already},
    }
    return form


class OwnRowsFilter(DropdownFilter):
    """Filter by a related row that lists the school's own rows; another school's id finds nothing."""

    rows: Callable[[Any], models.QuerySet[Any]]  # institution -> what may be chosen
    lookup: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not is_school_admin(request):
            return []
        return [(str(row.pk), str(row)) for row in type(self).rows(school_of(request))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if not self.value():
            return queryset
        if self.value() not in {pk for pk, _name in self.lookup_choices}:
            return queryset.none()
        return queryset.filter(**{self.lookup: self.value()})
