"""Face finder of the camera pages: OpenCV's trees as a static file that is built, not kept.

The installed OpenCV brings trees for frontal faces (`cv2/data/haarcascade_frontalface_alt2.xml`, 20 by 20 pixels,
R. Lienhart; its licence stands in the file and stays with the wheel). The browser evaluates them with code of ours
(portal/static/portal/camera/finder.js), as help with framing alone: they recognise no one.
"""

import json
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

TREES = "haarcascade_frontalface_alt2.xml"
NAME = "attendance/captures/camera/cascade.json"


def cascade_source() -> Path | None:
    """OpenCV's own file, or None if the installed OpenCV has none. OpenCV is not loaded for it."""
    package = find_spec("cv2")
    for folder in (package.submodule_search_locations or []) if package else []:
        path = Path(folder) / "data" / TREES
        if path.is_file():
            return path
    return None


def cascade_json(source: Path | None) -> str:
    """The trees as JSON for the browser; empty without a file, and the page then helps by light and motion alone.

    {"size": pixels, "stages": [{"bound": …, "trees": [{"nodes": [[left, right, bound, [x, y, w, h, weight], …], …],
    "leaves": […]}]}]}; left and right: the next node where positive, else the leaf of that number without its sign.
    """
    if source is None:
        return json.dumps({"size": 0, "stages": []})
    cascade = ElementTree.parse(source).getroot().find("cascade")  # noqa: S314 - a file of an installed package
    assert cascade is not None
    areas = [
        [_numbers(area.text) for area in feature.iterfind("rects/_")] for feature in cascade.iterfind("features/_")
    ]
    stages = [
        {
            "bound": _numbers(stage.findtext("stageThreshold"))[0],
            "trees": [_tree(tree, areas) for tree in stage.iterfind("weakClassifiers/_")],
        }
        for stage in cascade.iterfind("stages/_")
    ]
    return json.dumps({"size": int(cascade.findtext("width") or 0), "stages": stages}, separators=(",", ":"))


def _tree(tree: ElementTree.Element, areas: list[list[list[float]]]) -> dict[str, list[list[object]] | list[float]]:
    said = _numbers(tree.findtext("internalNodes"))
    nodes = [said[n : n + 4] for n in range(0, len(said), 4)]
    return {
        "nodes": [[left, right, bound, *areas[int(feature)]] for left, right, feature, bound in nodes],
        "leaves": _numbers(tree.findtext("leafValues")),
    }


def _numbers(text: str | None) -> list[float]:
    """Numbers to seven digits, integers without a point: the single precision that they were trained in."""
    found = [float(f"{float(word):.7g}") for word in (text or "").split()]
    return [int(number) if number.is_integer() else number for number in found]
