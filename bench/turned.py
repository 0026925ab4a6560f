"""Photos in four turns: how many are set upright, and how many upright ones are searched in all four turns.

    python bench/turned.py FOLDER…

Each folder's JPEG files, one line a folder on standard error. Without a folder there is nothing to measure on.

    upright                 of all photos, each in four turns, the share that is set upright
    upright_searched        of those that are upright already, the share that is searched in all four turns
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("SECRET_KEY", "bench-" + "0" * 50)
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="bench-turned-"))

import django

django.setup()

from PIL import Image  # noqa: E402

from enrollment.faces.local import turning  # noqa: E402
from enrollment.faces.local.engine import LocalModel  # noqa: E402
from enrollment.pictures import turned  # noqa: E402


def needed(model: LocalModel, image: Image.Image) -> tuple[int, bool]:
    """The quarter turns that an image is found to need, and whether it was searched in all of them."""
    seen = [face.quality for face in model.detect(image)]
    is_searched = not turning.is_surely_upright([quality.confidence for quality in seen])
    return model.turns_needed(image, seen), is_searched


def main(folders: list[str]) -> None:
    if not folders:
        print(json.dumps({"skipped": "no folder of photos was named"}))
        return
    model = LocalModel.from_options()
    photos = right = searched = 0
    for folder in folders:
        found = [turns_of(model, file) for file in sorted(Path(folder).rglob("*.jpg"))]
        uprights = [sum(column) for column in zip(*(each for each, _is_searched in found), strict=True)]
        once = sum(is_searched for _turns, is_searched in found)
        print(
            f"{folder}: {len(found)} photos, upright after 0 to 3 quarters: {uprights}, upright ones searched: {once}",
            file=sys.stderr,
        )
        photos, right, searched = photos + len(found), right + sum(uprights), searched + once
    if not photos:
        print(json.dumps({"skipped": "the folders hold no JPEG files"}))
        return
    shares = {"upright": round(right / photos / 4, 4), "upright_searched": round(searched / photos, 4)}
    print(json.dumps({**shares, "photos": photos, "data_sets": [Path(folder).name for folder in folders]}))


def turns_of(model: LocalModel, file: Path) -> tuple[list[bool], bool]:
    """Success in setting a photo upright from each of four turns; True if upright it is searched in all of them."""
    upright = Image.open(file).convert("RGB")
    found = [needed(model, turned(upright, turns)) for turns in range(4)]
    return [(turns + back) % 4 == 0 for turns, (back, _searched) in enumerate(found)], found[0][1]


if __name__ == "__main__":
    main(sys.argv[1:])
