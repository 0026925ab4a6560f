"""The admin of one school at a time."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.sites import UnfoldAdminSite

from accounts.access import require_role
from accounts.middleware import enter, sign_in_first
from accounts.models import Role
from accounts.selectors import membership_at, memberships_of
from accounts.sign_in import emptied
from accounts.tenant_admin import is_school_admin

SCHOOL_KEY = "admin_school"  # in the session: the slug of the school that the admin shows

# The admin's own: Alpine.js evaluates expressions and unfold's templates carry inline scripts and styles. Still nothing
# from elsewhere, and no page may frame it. Everything outside /admin/ keeps the strict policy of the settings.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}
OWN_APPS = frozenset({"accounts", "enrollment", "attendance"})


class ForwardAutocomplete(AutocompleteJsonView):
    """Choices for a foreign key. Django's own view fails on a relation that is named from its other end."""

    def process_request(self, request: HttpRequest) -> Any:
        term, model_admin, source_field, to_field = super().process_request(request)
        if not hasattr(source_field, "get_limit_choices_to"):
            raise PermissionDenied
        return term, model_admin, source_field, to_field


class SchoolAdminSite(UnfoldAdminSite):
    """Admin site for a school's administrators; shows the one school that they chose.

    The portal's operators (superusers) are admitted too; without a membership they see schools and accounts alone.
    """

    index_title = _("What to do next")

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register our own models alone: those of libraries (tokens, addresses, groups) know nothing of schools."""
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        own = [model for model in models if model._meta.app_label in OWN_APPS]
        super().register(own, admin_class, **options)

    def get_urls(self) -> list[Any]:
        """Django's addresses, less the one that leads to any row of any model by its number."""
        kept = [url for url in super().get_urls() if getattr(url, "name", None) != "view_on_site"]
        return [path("school/<str:slug>/", self.admin_view(require_safe(self.enter)), name="enter"), *kept]

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Django's own, after the request was bound to the visitor's school.

        A visitor who is not signed in goes to sign in first; one who administers no school gets 403.
        """
        inner = super().admin_view(view, cacheable)

        @csp_replace(ADMIN_CONTENT_SECURITY_POLICY)
        def bound(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return sign_in_first(request)
            bind_school(request)
            if not self.has_permission(request):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return update_wrapper(bound, inner)

    def has_permission(self, request: HttpRequest) -> bool:
        """True if the visitor administers a school, or runs the portal. The request was bound before."""
        return bool(request.user.is_active and (is_school_admin(request) or request.user.is_superuser))

    def enter(self, request: Any, slug: str) -> HttpResponse:
        """Show this school from now on, at the page of the admin that `next` names, else at its index.

        Raises Http404 for strangers, PermissionDenied for other members of it.
        """
        membership = membership_at(request.user, slug)
        if membership is None:
            raise Http404
        request.membership = membership
        require_role(request, Role.ADMIN)
        request.session[SCHOOL_KEY] = slug
        page, start = request.GET.get("next", ""), reverse("admin:index")
        return redirect(page if page.startswith(start) and ".." not in page else start)

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ForwardAutocomplete.as_view(admin_site=self)(request)

    def search(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Unfold's search over all models, switched off: its cache knows no schools. Raises Http404."""
        raise Http404

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The portal has one place to sign in."""
        return redirect("admin:index") if request.user.is_authenticated else sign_in_first(request)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """End the session; only a posted form does."""
        if request.method != "POST":
            return redirect("admin:index")
        logout(request)
        return emptied(redirect("account_login"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The portal has one place to change a password."""
        return redirect("account_change_password")


def bind_school(request: Any) -> None:
    """Bind the request to the school that its visitor chose, or to the first that they administer."""
    memberships = request.administered = list(memberships_of(request.user).filter(role=Role.ADMIN))
    request.membership = request.institution = None
    chosen = request.session.get(SCHOOL_KEY)
    for membership in sorted(memberships, key=lambda each: each.institution.slug != chosen)[:1]:
        enter(request, membership)
