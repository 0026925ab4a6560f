"""10,000 classes at eight o'clock, as a discrete-event model: cores or quota, and seconds to the last answer.

    python bench/simulation.py            the table on standard error, the figures as JSON

Nothing is measured here. From `results.json`, of the machine named there: the time of a request with a photo of
thirty faces (`photo30.request_ms`), in which every core of that machine works. Assumed, and said so in the figures:
each teacher's photo arrives at a moment of its own within three minutes; a photo's work varies by a quarter (gamma);
a call of Rekognition takes 250 ms, finding the faces on this side a quarter of a photo's work. A balancer gives each
photo to the machine with the fewest; a machine computes one photo at a time on its two cores, in the order of
arrival. Rekognition: thirty searches a photo at nine tenths of the quota, one pace for all; who would wait longer
than the request may is answered "waits" and is taken up by workers in the same order, which the seconds to the last
answer include.

    embedded.<cores>.{median_s,p95_s,last_s}        from the photo's arrival; last_s: from eight o'clock
    rekognition.<quota>.{median_s,p95_s,last_s}
    embedded.knee_cores, rekognition.knee_quota     the least of those tried at which 95 of 100 are answered within 10 s
    dollars_rekognition, core_seconds               of one morning
    twenty_at_once_s                                of the model: twenty photos on one machine, to hold against `rush`
"""

import heapq
import json
import random
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CLASSES, FACES, WINDOW = 10_000, 30, 180.0  # seconds in which the photos are taken
CORES_A_MACHINE, VARIATION = 2, 0.25
CALL, DETECTION, PACE = 0.25, 0.25, 0.9  # seconds of a call; part of a photo's work; part of the quota
PRICE = 0.001  # dollars a search, list price of the first million (accounts/prices.py)
SOON = 10.0  # seconds
CORES = (16, 20, 24, 28, 32, 36, 40, 48, 64, 96)
QUOTAS = (5, 50, 250, 500, 1000, 1500, 2000, 2500, 4000)


@dataclass(frozen=True, slots=True)
class Answers:
    """Waits of all photos from their arrival in seconds, and the moment of the last answer."""

    waits: list[float]
    last: float

    def told(self) -> dict[str, float]:
        ordered = sorted(self.waits)
        return {
            "median_s": round(statistics.median(ordered), 1),
            "p95_s": round(ordered[int(0.95 * len(ordered))], 1),
            "last_s": round(self.last, 1),
        }


def arrivals(chance: random.Random, number: int = CLASSES, window: float = WINDOW) -> list[float]:
    return sorted(chance.uniform(0, window) for _ in range(number))


def work(chance: random.Random, mean: float) -> float:
    shape = 1 / VARIATION**2
    return chance.gammavariate(shape, mean / shape)


def embedded(times: list[float], *, machines: int, photo: float, chance: random.Random) -> Answers:
    """Each photo to the machine with the fewest photos; there one at a time."""
    free = [0.0] * machines  # when each machine is done with what it has
    waiting: list[list[float]] = [[] for _ in range(machines)]  # ends of what each has, the earliest first
    waits, last = [], 0.0
    for at in times:
        for ends in waiting:
            while ends and ends[0] <= at:
                heapq.heappop(ends)
        chosen = min(range(machines), key=lambda n: (len(waiting[n]), free[n]))
        free[chosen] = max(free[chosen], at) + work(chance, photo)
        heapq.heappush(waiting[chosen], free[chosen])
        waits.append(free[chosen] - at)
        last = max(last, free[chosen])
    return Answers(waits, last)


def rekognition(times: list[float], *, quota: float, machines: int, photo: float, chance: random.Random) -> Answers:
    """The faces are found on a machine, then thirty searches take their turns in one pace for all."""
    found = _found(times, machines, photo, chance)
    turn, waits, last = 0.0, [], 0.0
    for ready, at in sorted(found):
        for _ in range(FACES):
            turn = max(turn, ready) + 1 / (PACE * quota)
        end = turn + work(chance, CALL)
        waits.append(end - at)
        last = max(last, end)
    return Answers(waits, last)


def _found(times: list[float], machines: int, photo: float, chance: random.Random) -> Iterator[tuple[float, float]]:
    """The moments at which each photo's faces are found, and at which it arrived."""
    free = [0.0] * machines
    heapq.heapify(free)
    for at in times:
        end = max(heapq.heappop(free), at) + work(chance, DETECTION * photo)
        heapq.heappush(free, end)
        yield end, at


def main() -> None:
    results = json.loads((HERE / "results.json").read_text("utf-8"))
    if "photo30.request_ms" not in results:
        raise SystemExit("photo30.request_ms is not in results.json: python bench/run.py photo30")
    photo = float(results["photo30.request_ms"]) / 1000
    found: dict[str, object] = {"data_sets": [f"photo30.request_ms = {photo * 1000:.0f} of results.json"]}
    print(f"{'':>12} {'median':>9} {'95 %':>9} {'last':>9}   seconds", file=sys.stderr)
    knee: dict[str, int] = {}
    for kind, tried in (("embedded", CORES), ("rekognition", QUOTAS)):
        for size in tried:
            chance = random.Random(8)
            times = arrivals(chance)
            if kind == "embedded":
                answers = embedded(times, machines=size // CORES_A_MACHINE, photo=photo, chance=chance)
            else:
                answers = rekognition(times, quota=size, machines=24, photo=photo, chance=chance)
            told = answers.told()
            found |= {f"simulation.{kind}.{size}.{name}": value for name, value in told.items()}
            if told["p95_s"] <= SOON:
                knee.setdefault(kind, size)
            unit = "cores" if kind == "embedded" else "a second"
            row = f"{size:>5} {unit:<8}" + "".join(f"{value:>9}" for value in told.values())
            print(row, file=sys.stderr)
    twenty = embedded([0.0] * 20, machines=1, photo=photo, chance=random.Random(8))
    found |= {
        "simulation.embedded.knee_cores": knee.get("embedded"),
        "simulation.rekognition.knee_quota": knee.get("rekognition"),
        "simulation.dollars_rekognition": CLASSES * FACES * PRICE,
        "simulation.core_seconds": round(CLASSES * photo * CORES_A_MACHINE),
        "simulation.twenty_at_once_s": round(twenty.last, 1),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
