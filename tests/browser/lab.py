"""The camera's scripts in a browser without a server: a page that runs them as they lie in their folders."""

import base64
import io
import json
from urllib.parse import urlsplit

from PIL import Image

from attendance.captures.cascade import cascade_json, cascade_source
from tests.browser.conftest import ROOT

STATIC = [ROOT / "portal/static", ROOT / "attendance/static"]
CAMERA = "/portal/camera"
SENDING = "/attendance/captures/camera/sending.js"
LOAD = """async ([folder, sending, trees]) => {
  const load = (name) => import(`${folder}/${name}.js`);
  const loaded = [...["finder", "look", "framing", "burst"].map(load), import(sending)];
  window.lab = Object.assign({}, ...await Promise.all(loaded));
  lab.find = lab.faceFinder(trees);
}"""
# A film whose next picture is there when it is asked for.
BURST = """async ([urls, most]) => {
  const film = await Promise.all(urls.map(async (url) => {
    const image = new Image(); image.src = url; await image.decode(); return image;
  }));
  const video = document.createElement("canvas"), pen = video.getContext("2d");
  video.width = video.videoWidth = film[0].width; video.height = video.videoHeight = film[0].height;
  let shown = 0;
  const show = () => pen.drawImage(film[Math.min(shown++, film.length - 1)], 0, 0);
  video.requestVideoFrameCallback = (done) => { show(); done(); };
  show();
  const jpeg = await lab.burstOf(video, { longest: 960, quality: .8, most });
  if (!jpeg) return { shown, picture: null };
  const reader = new FileReader();
  await new Promise((done) => { reader.onload = done; reader.readAsDataURL(jpeg); });
  return { shown, picture: reader.result };
}"""


def open_lab(browser):
    page = browser.new_page()
    page.route("http://lab/**", _static_file)
    page.goto("http://lab/")
    page.evaluate(LOAD, [CAMERA, SENDING, json.loads(cascade_json(cascade_source()))])
    return page


def burst(lab, pictures, *, most=9):
    """The page's picture of the frames of a dark scene, RGB, None where somebody moved; the number looked at."""
    made = lab.evaluate(BURST, [[_unchanged(picture) for picture in pictures], most])
    if not made["picture"]:
        return None, made["shown"]
    jpeg = base64.b64decode(made["picture"].partition(",")[2])
    return Image.open(io.BytesIO(jpeg)).convert("RGB"), made["shown"]


def _unchanged(picture):
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)  # quick: noise gets no smaller
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _static_file(route):
    """The scripts as they lie in their folder, at addresses as a server would give them."""
    name = urlsplit(route.request.url).path.lstrip("/")
    path = next((folder / name for folder in STATIC if (folder / name).is_file()), None)
    if path:
        route.fulfill(path=path)
    else:
        route.fulfill(body="<p>", content_type="text/html")
