"""The portal as a WSGI application, for waitress, gunicorn or mod_wsgi."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - only after Django is set up

from attendance.captures.recognition import recognition_warm_up  # noqa: E402
from portal.health import warm_up  # noqa: E402
from portal.health_server import health_serve  # noqa: E402
from portal.warming import pages_warm_up  # noqa: E402

# In each web process, after any fork: the first class photo of the day should not wait for networks and pages to load.
# Until they are, balancers are told that the process is not ready.
warm_up.begin(recognition_warm_up, pages_warm_up)

if settings.HEALTH_LISTEN:
    health_serve(settings.HEALTH_LISTEN)
