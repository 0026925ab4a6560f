"""Documentation of the API: the schema for machines, Swagger UI for people. Both need a signed-in user."""

from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import IsAuthenticated

from attendance.api.base import LimitedView


class SchemaView(LimitedView, SpectacularJSONAPIView):
    """The OpenAPI schema."""

    permission_classes = [IsAuthenticated]


class DocsView(LimitedView, SpectacularSwaggerSplitView):
    """Swagger UI, from the wheel: the page's own script is a request of its own, so that none is inline."""

    permission_classes = [IsAuthenticated]
    url_name = "api_schema"
    template_name = "portal/api_docs.html"
