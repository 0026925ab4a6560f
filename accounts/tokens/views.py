"""Page of a person's own API tokens."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import AccountError
from accounts.http import SchoolRequest
from accounts.tokens.forms import TokenForm
from accounts.tokens.issuing import token_create, token_revoke
from accounts.tokens.selectors import tokens_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def tokens(request: SchoolRequest) -> HttpResponse:
    """The person's tokens and the form that creates one. The response to the form alone shows the new secret."""
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        try:
            _token, secret = token_create(user=request.user, **form.cleaned_data)
        except AccountError as error:
            form.add_error(None, str(error))
        else:
            form = TokenForm()
    context = {"form": form, "secret": secret, "tokens": tokens_of(request.user)}
    return render(request, "accounts/tokens/tokens.html", context)


@require_POST
@login_required
def revoke(request: SchoolRequest, token_id: UUID) -> HttpResponse:
    """Revoke one of the person's own tokens; any other does not exist."""
    token = get_object_or_404(tokens_of(request.user), public_id=token_id)
    token_revoke(token=token)
    messages.success(request, _("%s has been revoked.") % token.name)
    return redirect("tokens")
