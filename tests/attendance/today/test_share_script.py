"""The script of the page for shared photos, run by Node with a browser's parts that it needs."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")

# Deleting takes its time: who reads before it has ended reads what is to be deleted.
BROWSER = """
const box = [["/share.html?photo=0", new Response(new Blob(["photo"], { type: "image/jpeg" }))]], elements = {};
const boxes = { "shared-1": box, "private-1": [] }, kept = { person: PERSON };
const about = { content: "tess", dataset: { signOut: "/account/logout/" } };
const register = { dataset: { page: "/riverside/sessions/1/", open: "" }, addEventListener() {} };
const element = () => ({ hidden: false, children: [], replaceChildren(...all) { this.children = all; } });
Object.assign(globalThis, {
  window: globalThis, location: { pathname: "/share.html" }, Image: class {},
  localStorage: { getItem: (key) => kept[key] ?? null, setItem: (key, value) => { kept[key] = value; } },
  document: {
    querySelector: () => about, querySelectorAll: () => [register], addEventListener() {},
    body: { getAttribute: () => "{}" },
    getElementById: (id) => (elements[id] ||= element()),
  },
  caches: {
    has: async (name) => name in boxes,
    open: async (name) => ({
      keys: async () => boxes[name].map(([key]) => key),
      match: async (key) => boxes[name].find(([one]) => one === key)?.[1],
    }),
    delete: (name) => new Promise((done) => setTimeout(() => { delete boxes[name]; done(true); }, 20)),
  },
});
await import("./attendance/today/share.js");
await new Promise((done) => setTimeout(done, 50));
console.log(JSON.stringify({ photos: elements.shared.children.length, isKept: "shared-1" in boxes }));
"""


@pytest.fixture
def scripts(tmp_path):
    for app in ("attendance", "portal"):
        shutil.copytree(Path(app) / "static" / app, tmp_path / app, ignore=lambda folder, names: [
            name for name in names if Path(folder, name).is_file() and not name.endswith(".js")
        ])  # fmt: skip
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def shown(scripts, former: str | None) -> dict[str, object]:
    """The page as Tess sees it with a shared photo. former: the person whose browser it was before."""
    (scripts / "run.js").write_text(BROWSER.replace("PERSON", json.dumps(former)))
    done = subprocess.run(["node", "run.js"], cwd=scripts, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def test_a_photo_that_somebody_else_shared_is_not_shown(scripts):
    assert shown(scripts, "theo") == {"photos": 0, "isKept": False}


@pytest.mark.parametrize("former", ["tess", None, ""])
def test_ones_own_is_and_one_that_was_shared_while_nobody_was_signed_in(scripts, former):
    assert shown(scripts, former) == {"photos": 1, "isKept": True}, "sent by a tap alone, even into the only register"
