"""Training of the cover detector: its coefficients from faces of known people, some with drawn covers, some degraded.
Only covers of `drawn.TAUGHT` are drawn, on photos that the published table never tries. Half of all faces,
covered or not, are degraded besides, so that a blurred mouth in the back row is not taken for a mask.
"""

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from attendance.evaluation.degradations import DEGRADATIONS, Face, blur, moved
from attendance.evaluation.photos import Photo, place, read_image
from bench.training.drawn import TAUGHT
from enrollment.faces.local.analysis import aligned
from enrollment.faces.local.arrays import Array
from enrollment.faces.local.cover import ANSWERS, CoverModel, features
from enrollment.faces.local.engine import LocalModel

SEED = 20261129
NAMES = ("half", "quarter", "tenth", "veil", "window", "blur_1", "blur_2", "blur_3", "jpeg_30", "jpeg_10", "px_64",
         "px_48", "px_32", "px_24")  # fmt: skip
SPOILT = (*(DEGRADATIONS[name] for name in NAMES), blur(4), blur(6), blur(8), moved(7), moved(13), moved(19))
SMOOTH = 1e-3  # the weight of the coefficients' squares
# Least probability of a cover. Of 932 other LFW faces five are then called covered: three wear sunglasses, one holds a
# medal to the mouth. Of the same at 24 px 1.4 %, blurred by 3 px 1.2 %, at a tenth of their values 6 %; with masks and
# sunglasses of other kinds drawn on 97 to 100 %. Of 412 London portraits none is.
THRESHOLD = 0.9

Example = tuple[int, Array]  # index in ANSWERS, features


def cover_of_photos(photos: Sequence[Photo], model: LocalModel, source: str, say: Callable[[str], None]) -> str:
    """The text of a cover file made of a protocol's enrolment photos."""
    chosen = [photo for photo in photos if photo.role == "enrol"]
    with ThreadPoolExecutor(max_workers=max(1, model.threads.runs)) as pool:
        made = pool.map(lambda number: examples(number, chosen[number], model), range(len(chosen)))
        lines = [example for own in made for example in own]
    say(f"{len(lines)} faces out of {len(chosen)} photos")
    answers = np.array([answer for answer, _seen in lines])
    seen = np.stack([seen for _answer, seen in lines])
    return cover_document(fitted(seen, answers), source=source)


def examples(number: int, photo: Photo, model: LocalModel) -> list[Example]:
    """Examples from one photo: the face as it is and degraded, and with each kind of cover drawn on."""
    random = np.random.default_rng((SEED, number))
    image = read_image(photo.path)
    face = place(image, model.analyse)
    if face is None:
        return []
    pictures = [(0, image), (0, _spoilt(image, face, number, random))]
    for answer, half in enumerate(ANSWERS[1:], 1):
        for drawing in TAUGHT[half]:
            covered = Image.fromarray(drawing(np.asarray(image), face.landmarks, random))
            pictures.append((answer, covered if random.random() < 0.5 else _spoilt(covered, face, number, random)))
    return [(answer, seen) for answer, picture in pictures if (seen := _features(picture, model)) is not None]


def _spoilt(image: Image.Image, face: Face, number: int, random: np.random.Generator) -> Image.Image:
    return SPOILT[random.integers(len(SPOILT))](image, face, number)


def _features(image: Image.Image, model: LocalModel) -> Array | None:
    """Features of the face in a picture of one person; None if it is no longer found."""
    face = place(image, model.analyse)
    return None if face is None else features(aligned(np.asarray(image), face.landmarks))


def fitted(seen: Array, answers: Array) -> CoverModel:
    """The classifier fitted to features (n, 576) and answers (n,), each answer with the same total weight.

    Multinomial logistic regression on standardised features, L-BFGS (Nocedal & Wright 2006, chapter 7).
    """
    from scipy.optimize import minimize

    mean, spread = seen.mean(0), seen.std(0) + 1e-3
    table = np.hstack([(seen - mean) / spread, np.ones((len(seen), 1))])
    start = np.zeros(table.shape[1] * len(ANSWERS))
    weight = (1 / np.bincount(answers))[answers] / len(ANSWERS)
    found = minimize(_loss, start, (table, answers, weight), "L-BFGS-B", jac=True, options={"maxiter": 300})
    coefficients = found.x.reshape(-1, len(ANSWERS))
    weights = (coefficients[:-1] / spread[:, None]).T
    bias = coefficients[-1] - weights @ mean
    return CoverModel(weights.astype(np.float32), bias.astype(np.float32), THRESHOLD)


def _loss(flat: Array, table: Array, answers: Array, weight: Array) -> tuple[float, Array]:
    """The weighted log loss of coefficients with the penalty of their squares, and its gradient."""
    coefficients = flat.reshape(table.shape[1], -1)
    scores = table @ coefficients
    likely = np.exp(scores - scores.max(1, keepdims=True))
    likely /= likely.sum(1, keepdims=True)
    rows = np.arange(len(answers))
    loss = -(weight * np.log(likely[rows, answers] + 1e-12)).sum() + SMOOTH * (coefficients[:-1] ** 2).sum()
    likely[rows, answers] -= 1
    slope = table.T @ (likely * weight[:, None])
    slope[:-1] += 2 * SMOOTH * coefficients[:-1]
    return float(loss), slope.ravel()


def cover_document(model: CoverModel, *, source: str) -> str:
    """The text of a cover file, with its source."""
    rounded = {
        "weights": [[round(float(x), 4) for x in row] for row in model.weights],
        "bias": [round(float(x), 4) for x in model.bias],
    }
    return json.dumps({"source": source, "threshold": model.threshold, **rounded})
