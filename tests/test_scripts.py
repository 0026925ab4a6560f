"""Scripts are ES modules: what one needs it imports, from its own room, a room below or what the portal shares."""

import json
import re
import tomllib
from pathlib import Path
from posixpath import dirname, join, normpath

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import override_settings

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".js"})
APPS = ("accounts", "attendance", "enrollment", "portal")
FOLDERS = [ROOT / app / "static" for app in APPS]
SCRIPTS = {path.relative_to(folder).as_posix(): path for folder in FOLDERS for path in sorted(folder.rglob("*.js"))}
# Classic scripts, and why: it must run before the first paint; bundles of drf-spectacular that are no modules.
CLASSIC = {
    "{% static 'portal/theme.js' %}",
    "{{ swagger_ui_bundle }}",
    "{{ swagger_ui_standalone }}",
    "{{ script_url }}",
}
IMPORT = re.compile(r"""(?m)^(?:import|export)\b(?:.+\bfrom)? ?"([^"]+)";$""")


def imports(text: str, name: str) -> list[str]:
    """The scripts that one imports, as static files' names."""
    return [normpath(join(dirname(name), found)) for found in IMPORT.findall(text)]


def with_imports(name: str) -> set[str]:
    """A script, what it imports, what that imports, and so on."""
    found, todo = set(), [name]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += imports(SCRIPTS[name].read_text("utf-8"), name)
    return found


def test_every_script_of_a_page_is_a_module():
    tags = [(path.name, tag) for path in TEMPLATES for tag in re.findall(r"<script\b[^>]*>", path.read_text("utf-8"))]
    assert len(tags) > 10
    for template, tag in tags:
        source = re.search(r'src="(.+?)"', tag)
        assert source, f"{template}: a script in the page itself, which the content security policy forbids"
        assert 'type="module"' in tag or source[1] in CLASSIC, f"{template}: {tag}"


def test_a_script_that_is_no_module_imports_nothing():
    assert imports(SCRIPTS["portal/theme.js"].read_text("utf-8"), "portal/theme.js") == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_is_imported_is_there_and_exports_it(name):
    text = SCRIPTS[name].read_text("utf-8")
    for names, source in re.findall(r'(?m)^import \{ ([^}]+) \} from "([^"]+)";$', text):
        file = SCRIPTS[normpath(join(dirname(name), source))].read_text("utf-8")
        for wanted in names.split(", "):
            assert re.search(rf"(?m)^export (?:const|let) (?:{wanted}\b|\{{ {wanted} \}})", file), (name, wanted)
    assert set(imports(text, name)) <= set(SCRIPTS)
    assert len(imports(text, name)) == len(re.findall(r"(?m)^import\b", text)), "an import on one line, with semicolon"


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_global(name):
    """A name that a script neither has nor imports would have to be another's global."""
    text = SCRIPTS[name].read_text("utf-8")
    assert not re.search(r"\bwindow\.\w+ = |\bglobalThis\b|document\.currentScript", text)
    assert "htmx." not in text or name == "portal/htmx.js" or "portal/htmx.js" in imports(text, name)


def test_a_room_s_scripts_import_rooms_below_only():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one.get("containers") == ["attendance"])
    height = {room: -n for n, layer in enumerate(layers) for room in layer.split(" | ")}
    for name, path in SCRIPTS.items():
        for other in imports(path.read_text("utf-8"), name):
            app, room = other.split("/")[:2]
            mine = name.split("/")[:2]
            is_below = mine[0] == app == "attendance" and height[room] < height[mine[1]]
            assert app == "portal" or [app, room] == mine or is_below, f"{name} imports {other}"


def test_without_a_connection_the_page_that_says_so_has_its_scripts(client):
    page, worker = client.get("/offline.html").content.decode(), client.get("/sw.js").content.decode()
    kept = re.search(r"NEEDED = \[(.+?)\];", worker, re.DOTALL)[1]
    scripts = [source.removeprefix(settings.STATIC_URL) for source in re.findall(r'<script[^>]* src="([^"]+)"', page)]
    ours = [name for name in scripts if name in SCRIPTS]
    assert "portal/kept.js" in ours
    for name in ours:
        for needed in with_imports(name):
            assert f'"{settings.STATIC_URL}{needed}"' in kept, needed


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The static files as production collects them, of our apps alone; the names that they got."""
    folder = tmp_path_factory.mktemp("static")
    ours = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    storages = {**settings.STORAGES, "staticfiles": {"BACKEND": "portal.static_files.HashedModulesStorage"}}
    with override_settings(
        STATIC_ROOT=folder, STATICFILES_DIRS=FOLDERS, STATICFILES_FINDERS=ours, STORAGES=storages, DATA_DIR=folder
    ):
        finders.get_finder.cache_clear()
        call_command("collectstatic", "--noinput", verbosity=0)
    finders.get_finder.cache_clear()
    return folder, json.loads((folder / "staticfiles.json").read_text("utf-8"))["paths"]


def test_in_production_a_module_imports_the_hashed_files(collected):
    """Each by the one name that its page would load it by: by two names it would run twice."""
    folder, names = collected
    assert set(SCRIPTS) <= set(names)
    for name, path in SCRIPTS.items():
        hashed = names[name]
        wanted = [names[other] for other in imports(path.read_text("utf-8"), name)]
        assert imports((folder / hashed).read_text("utf-8"), hashed) == wanted
