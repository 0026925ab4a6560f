"""Drawing of a PDF's pages, in a process of its own: `python drawing.py` reads a PDF and writes a new one.

PDFium is not safe between threads, a file of some kilobytes may ask for minutes of work, and a damaged one may crash
it. In a process apart nothing of this reaches the portal. It knows nothing of Django, so that it starts at once.
"""

import contextlib
import io
import subprocess
import sys
from pathlib import Path

SECONDS = 20  # that a PDF may take
MOST_PAGES = 10
SIDE = 1754  # pixels of the longer side of a page: A4 at 150 dots an inch
JPEG_QUALITY = 80
_MEMORY = 1_500_000_000  # bytes


class NotDrawn(Exception):
    """A PDF that was not drawn. code: `too_many_pages`, `locked`, `too_slow` or `broken`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pages_drawn(data: bytes) -> bytes:
    """A new PDF of the drawn pages of this one. Raises NotDrawn."""
    command = [sys.executable, "-I", str(Path(__file__).resolve())]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired as error:
        raise NotDrawn("too_slow") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise NotDrawn(said if said in ("too_many_pages", "locked") else "broken")
    return done.stdout


def main() -> None:
    """Draw the PDF on standard input to standard output, or exit with a code's word on standard error."""
    import pypdfium2

    _bound()
    try:
        with pypdfium2.PdfDocument(sys.stdin.buffer.read()) as file:
            if len(file) > MOST_PAGES:
                sys.exit("too_many_pages")
            pages = [_drawn(file[number]) for number in range(len(file))]
    except pypdfium2.PdfiumError as error:
        sys.exit("locked" if "password" in str(error).lower() else "broken")
    if not pages:
        sys.exit("broken")
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], quality=JPEG_QUALITY, resolution=150)
    sys.stdout.buffer.write(out.getvalue())


def _drawn(page):  # type: ignore[no-untyped-def]
    width, height = page.get_size()  # in points; a page may claim any
    scale = SIDE / max(width, height, 1.0)
    return page.render(scale=scale, may_draw_forms=False, no_smoothtext=False).to_pil().convert("RGB")


def _bound() -> None:
    """Take no more time and memory than this, where the system can bound them."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


if __name__ == "__main__":
    main()
