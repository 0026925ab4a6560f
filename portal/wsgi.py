"""The portal as a WSGI application, for waitress, gunicorn or mod_wsgi."""

import os
import threading

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - only after Django is set up

from attendance.captures.recognition import recognition_warm_up  # noqa: E402
from portal.health_server import health_serve  # noqa: E402

# In each web process, after any fork: the first class photo of the day should not wait for networks to load.
threading.Thread(target=recognition_warm_up, name="warm-up", daemon=True).start()

if settings.HEALTH_LISTEN:
    health_serve(settings.HEALTH_LISTEN)
