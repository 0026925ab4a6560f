"""Photos in four turns: how many are set upright, and how many upright ones are searched in all four turns.

`python bench/turned.py FOLDER…`: each folder's JPEG files, one line a folder.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

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
    model = LocalModel.from_options()
    for folder in folders:
        files = sorted(Path(folder).rglob("*.jpg"))
        right, searched = [0] * 4, 0
        for file in files:
            upright = Image.open(file).convert("RGB")
            for turns in range(4):
                found, is_searched = needed(model, turned(upright, turns))
                right[turns] += (turns + found) % 4 == 0
                searched += is_searched and not turns
        print(
            f"{folder}: {len(files)} photos, upright after 0 to 3 quarters: {right}, upright ones searched: {searched}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
