"""The embedded liveness check: pass rates of living heads and of attacks.

No films of turning people and no set of attacks (Replay-Attack, OULU-NPU, CASIA-FASD) are available here, so both are
made of photos from the front: a face on a generic head that turns (`tests/surfaces.py`), the same photo as a flat
picture that is turned, waved or bent, all through the real detector and embedder, with a camera's noise and JPEG. The
faces are the demo's (AT&T/ORL, 40 people), or of a folder with one folder of photos a person:

    python bench/liveness.py [--people 40] [FOLDER]

- `genuine_30` …: heads that turn by so many degrees either way, the share that passed
- `static`, `turned`, `waved`, `bent_1.2` …: a photo that is held still, turned as it is asked, moved about, or
  bent round a pipe (radius in distances between the eyes; a head's is 1.2) and turned; the share that passed
- `wrong_order`: a film of the person turning the other way (one that happens to fit is a head that turns)
- `slides`: real photos of one person from three sides shown in the order asked, if the folder has some; as far
  as they turn, they are real heads too: `depth_10`, `depth_50` (quantiles) are compared with the threshold of flatness
- each with its count and an exact 95 % interval (Clopper and Pearson 1934); `reasons`: the reasons of refusals
- `trembling`: movement of landmarks while nothing moves but the camera's noise, in distances between the eyes
"""

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too
PER_STEP = 2
GENUINE = (25, 30, 35, 40)
BENT = (1.2, 0.8)
LEAST_SWING = 0.1  # in distances between the eyes, as everything: below it a photo shows no turn
LFW_LARGER = 1.6  # photos of 250 px are small for a face before a tablet


def main() -> None:
    options = argparse.ArgumentParser(prog="python bench/liveness.py")
    options.add_argument("folder", nargs="?", type=Path)
    options.add_argument("--people", type=int, default=40)
    wanted = options.parse_args()
    os.environ.update(DJANGO_SETTINGS_MODULE="portal.settings", SECRET_KEY="liveness-bench-" + "0" * 40, HTTPS="false")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="liveness-bench-"))
    import django

    django.setup()
    random = np.random.default_rng(0)
    bench = Bench(random)
    tried: dict[str, list[Any]] = {}
    for photo in bench.fronts(wanted.folder, wanted.people):
        for name, view in attacks_and_heads(photo, random):
            tried.setdefault(name, []).append(bench.attempt(view))
        bench.tremble(photo)
    if wanted.folder:
        tried["slides"] = [bench.slides(sides) for sides in bench.three_sides(wanted.folder, wanted.people)]
    data = f"{wanted.folder.name}, photographs from the front" if wanted.folder else "AT&T/ORL faces (40 people)"
    figures = {"data_sets": [data], **bench.trembling(), **depths(tried.get("slides", []))}
    print(json.dumps(figures | dict(map(summary, tried.items())), indent=1))


def depths(findings: Sequence[Any]) -> dict[str, float]:
    """Height of real noses over the plane of their faces, given the turn that the faces show, if they turned at all."""
    turned = [finding.evidence for finding in findings if finding.evidence.get("swing", 0) >= LEAST_SWING]
    shares = [evidence["swing"] / max(evidence["narrowed"], 0.05) for evidence in turned]
    return {f"depth_{q}": round(float(np.quantile(shares, q / 100)), 3) for q in (10, 50)} if shares else {}


def summary(item: tuple[str, Sequence[Any]]) -> tuple[str, dict[str, Any]]:
    """Share of the attempts that passed, with the interval."""
    from scipy.stats import beta

    name, findings = item
    n, k = len(findings), sum(finding.outcome == "live" for finding in findings)
    low = float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    reasons = Counter(str(finding.reason) for finding in findings if finding.outcome != "live")
    share = round(k / n, 3) if n else None
    return name, {"passed": k, "of": n, "share": share, "interval": [round(low, 3), round(high, 3)], "reasons": reasons}


def attacks_and_heads(photo: Any, random: np.random.Generator) -> Iterator[tuple[str, Callable[[int], Any]]]:
    """Attempts with one photo: a name, and the camera's view when the head is asked to turn to a side (1: to the
    person's left, -1: to the right, 0: to the front)."""
    from tests.surfaces import bent, flat, head, seen_as

    nose = float(random.uniform(0.3, 0.42))

    def turned(surface: Any, degrees: float, sign: int = 1) -> Callable[[int], Any]:
        return lambda side: seen_as(
            photo,
            surface,
            yaw=sign * side * degrees + random.normal(0, 2),
            pitch=random.normal(0, 3),
            roll=random.normal(0, 3),
        )

    for degrees in GENUINE:
        yield f"genuine_{degrees}", turned(head(nose), degrees)
    yield "static", lambda side: photo.pixels
    yield "turned", turned(flat, float(random.uniform(30, 55)))
    yield (
        "waved",
        lambda side: seen_as(
            photo,
            flat,
            yaw=random.uniform(-55, 55),
            pitch=random.uniform(-30, 30),
            roll=random.uniform(-25, 25),
            distance=random.uniform(4, 12),
        ),
    )
    for radius in BENT:
        yield f"bent_{radius}", turned(bent(radius), float(random.uniform(35, 55)))
    yield "wrong_order", turned(head(nose), 38, -1)


class Bench:
    """The networks, and the challenge that all attempts are made at: front, left, right."""

    def __init__(self, random: np.random.Generator) -> None:
        from enrollment.domain.liveness import Pose, Step
        from enrollment.faces.local.engine import LocalModel

        self.random = random
        self.model = LocalModel.from_options()
        self.steps = [Step(Pose.FRONT, 900), Step(Pose.LEFT, 1600), Step(Pose.RIGHT, 1600)]
        self.strays: list[float] = []

    def look(self, pixels: Any, at: int = 0) -> Any:
        """The largest face of a picture as the check sees it, or None."""
        from PIL import Image

        from enrollment.domain.liveness import Frame
        from enrollment.liveness.turns import look_of

        image = Image.fromarray(pixels)
        return look_of(Frame(image, at), self.model.analyse(image))

    def attempt(self, view: Callable[[int], Any]) -> Any:
        """The finding about a person, or an object, with this view when asked to turn to a side."""
        from enrollment.liveness.judging import find
        from tests.surfaces import as_filmed

        looks, begins = [], 0
        for step, side in zip(self.steps, (0, 1, -1), strict=True):
            times = [begins + round(share * step.milliseconds) for share in np.linspace(0.6, 0.95, PER_STEP)]
            looks += [self.look(as_filmed(view(side), self.random), at) for at in times]
            begins += step.milliseconds
        return find(self.steps, looks)

    def slides(self, sides: Sequence[Any]) -> Any:
        return self.attempt(lambda side: sides[side])

    def tremble(self, photo: Any) -> None:
        from tests.surfaces import EYES, as_filmed

        looks = [self.look(as_filmed(photo.pixels, self.random)) for _ in range(3)]
        places = np.array([look.landmarks for look in looks if look is not None])
        if len(places) > 1:
            self.strays.append(float(np.linalg.norm(places - places.mean(0), axis=2).mean()) / EYES)

    def trembling(self) -> dict[str, float]:
        return {f"trembling_{q}": round(float(np.quantile(self.strays, q / 100)), 4) for q in (50, 95)}

    def fronts(self, folder: Path | None, most: int) -> Iterator[Any]:
        """Photos of at most `most` people who look straight, one each."""
        from enrollment.liveness.geometry import sideways
        from tests.surfaces import photo_surface

        found = 0
        for pixels in self.photos(folder):
            look = self.look(pixels)
            if look is None or look.others or not abs(sideways(look.landmarks)) < 0.1:
                continue
            photo = photo_surface(pixels, look.landmarks)
            if self.look(photo.pixels) is not None:
                yield photo
                found += 1
            if found == most:
                return

    def photos(self, folder: Path | None) -> Iterator[Any]:
        import cv2
        from PIL import Image

        from attendance.demo.orl import PEOPLE, orl_photo

        if folder is None:
            yield from (np.asarray(orl_photo(person, 1)) for person in range(1, PEOPLE + 1))
            return
        people = sorted(path for path in folder.iterdir() if path.is_dir())
        for index in self.random.permutation(len(people)):
            with Image.open(sorted(people[index].glob("*.jpg"))[0]) as opened:
                pixels = np.asarray(opened.convert("RGB"))
            yield cv2.resize(pixels, None, fx=LFW_LARGER, fy=LFW_LARGER, interpolation=cv2.INTER_CUBIC)

    def three_sides(self, folder: Path, most: int) -> Iterator[Any]:
        """For people with six photos: those from the front, from the left (1) and from the right (-1), as far apart as
        available; each in a square of its own, with the eyes as far apart as on a tablet's picture."""
        import cv2
        from PIL import Image

        from enrollment.liveness.geometry import sideways
        from tests.surfaces import photo_surface

        people = [path for path in sorted(folder.iterdir()) if path.is_dir() and len(list(path.glob("*.jpg"))) >= 6]
        for person in people[:most]:
            seen = []
            for path in sorted(person.glob("*.jpg"))[:12]:
                with Image.open(path) as opened:
                    pixels = cv2.resize(np.asarray(opened.convert("RGB")), None, fx=LFW_LARGER, fy=LFW_LARGER)
                look = self.look(pixels)
                if look is not None and not look.others and np.isfinite(sideways(look.landmarks)):
                    seen.append((sideways(look.landmarks), photo_surface(pixels, look.landmarks).pixels))
            if len(seen) > 2:
                seen.sort(key=lambda pair: pair[0])
                yield {0: min(seen, key=lambda pair: abs(pair[0]))[1], 1: seen[-1][1], -1: seen[0][1]}


if __name__ == "__main__":
    main()
