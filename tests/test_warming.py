"""Loading before a process is ready: the first photo of the day finds its pages as the second does."""

import subprocess
import sys

LOADED = """
import django
django.setup()
from django.template import engines
from django.template.loader import get_template
from django.urls import get_resolver
from portal.templatetags import icons
from portal.warming import pages_warm_up

pages_warm_up()
cache = engines["django"].engine.template_loaders[0].get_template_cache
print("attendance/register/_register_answer.html" in cache, "attendance/reports/course.html" in cache)
print(icons._kept.cache_info().currsize > 30, sorted(get_resolver()._reverse_dict))
"""


def test_the_templates_of_a_lesson_icons_and_addresses_are_loaded():
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, timeout=100, check=True)
    assert done.stdout.split("\n")[:2] == ["True False", "True ['ar', 'de', 'en']"]
