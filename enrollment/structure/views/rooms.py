"""The page of the school's rooms."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import require_role
from accounts.http import SchoolRequest
from accounts.models import Role
from enrollment.models import Room
from enrollment.structure.forms import RoomsForm
from enrollment.structure.rooms import room_delete, rooms_add


@require_http_methods(["GET", "POST"])
def rooms(request: SchoolRequest, institution: str) -> HttpResponse:
    """All rooms, and the form that adds several at once."""
    require_role(request, Role.ADMIN)
    form = RoomsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        new = rooms_add(institution=request.institution, names=data["names"].splitlines(), building=data["building"])
        messages.success(request, ngettext("%d room added.", "%d rooms added.", new) % new)
        return redirect("rooms", institution)
    found = Room.objects.for_institution(request.institution)
    return render(request, "enrollment/structure/rooms.html", {"form": form, "rooms": found})


@require_POST
def room_remove(request: SchoolRequest, institution: str, room_id: UUID) -> HttpResponse:
    """Take a room off the list."""
    require_role(request, Role.ADMIN)
    room_delete(room=get_object_or_404(Room.objects.for_institution(request.institution), pk=room_id))
    return redirect("rooms", institution)
