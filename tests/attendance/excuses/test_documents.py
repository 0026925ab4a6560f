"""Documents: what is kept of a picture or a PDF, and what is refused with a sentence."""

import io
import zlib
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest
from django.core.files.storage import FileSystemStorage
from PIL import Image

from attendance.excuses import drawing
from attendance.excuses.documents import MOST_PAGES, DocumentNotStored, read_document
from attendance.models import Excuse
from enrollment.errors import PictureError
from tests.attendance.api.client import jpeg

SECRET = b"hidden behind the page"
ACTIVE = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 300]>>endobj
4 0 obj<</Title(SECRET)/Author(Dr Mensah)>>endobj
trailer<</Root 1 0 R/Info 4 0 R>>
""".replace(b"SECRET", SECRET)


def pdf(pages=1, size=(200, 300)):
    file = pypdfium2.PdfDocument.new()
    for _ in range(pages):
        file.new_page(*size)
    out = io.BytesIO()
    file.save(out)
    return out.getvalue()


def read(data, name="letter.pdf"):
    return read_document(io.BytesIO(data), name)


def refusal(data):
    with pytest.raises(PictureError) as caught:
        read(data)
    assert str(caught.value).endswith(".")
    return caught.value.code


def test_a_pdf_is_kept_as_its_drawn_pages():
    kept = read(pdf(3))
    file = pypdfium2.PdfDocument(kept.data)
    assert (kept.is_pdf, len(file)) == (True, 3)
    assert file[0].get_size() == pytest.approx((561, 842), abs=2)


def test_nothing_else_of_a_pdf_is_kept():
    kept = read(ACTIVE)
    assert SECRET in ACTIVE
    for hidden in (SECRET, b"JavaScript", b"OpenAction", b"Mensah", b"EmbeddedFile"):
        assert hidden not in kept.data
    assert "Mensah" not in str(pypdfium2.PdfDocument(kept.data).get_metadata_dict())


def test_nothing_but_the_picture_is_kept_of_a_photo():
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    out = io.BytesIO()
    Image.new("RGB", (4000, 300), "white").save(out, "JPEG", exif=exif)
    kept = read(out.getvalue() + SECRET, "C:\\scans\\note\u202e.jpg")
    assert SECRET not in kept.data
    assert Image.open(io.BytesIO(kept.data)).size == (1754, 132)
    assert (kept.is_pdf, kept.name) == (False, "note.jpg")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not_a_picture"),
        (b"GIF89a" + b"\0" * 50, "wrong_format"),
        (b"<svg onload='alert(1)'/>", "not_a_picture"),
        (b"PK\x03\x04 a Word file", "not_a_picture"),
        (b"%PDF-1.7 and then nothing", "broken"),
        (pdf()[:120], "broken"),
    ],
)
def test_what_is_no_document_is_refused(data, code):
    assert refusal(data) == code


def test_too_much_is_refused(settings):
    assert refusal(pdf(MOST_PAGES + 1)) == "too_many_pages"
    settings.PICTURE_MAX_BYTES = 1000
    assert refusal(b"%PDF-" + b"0" * 2000) == "too_large"


@pytest.mark.parametrize("size", [(1, 14_000), (14_000, 14_000), (0.5, 0.5)])
def test_a_page_of_any_size_is_drawn_in_bounds(size):
    page = pypdfium2.PdfDocument(read(pdf(1, size)).data)[0]
    assert max(page.get_size()) <= 843


def test_a_document_is_stored_without_a_name_and_read_again(give):
    excuse = give(document=read(jpeg(), "Sam Field.jpg"))
    assert excuse.document.name == f"documents/{excuse.institution_id}/{excuse.pk}.jpg"
    assert (excuse.document_name, excuse.is_pdf) == ("Sam Field.jpg", False)
    with Excuse.objects.get().document.open("rb") as file:
        assert file.read(2) == b"\xff\xd8"


def test_what_cannot_be_stored_is_not_sent(give, monkeypatch):
    def full(*args):
        raise OSError("no space left")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    with pytest.raises(DocumentNotStored):
        give(document=read(jpeg()))
    assert Excuse.objects.count() == 0


def heavy(strokes):
    """A PDF of some kilobytes whose page is the same frame so many times."""
    content = zlib.compress(b"0 0 200 200 re S\n" * strokes, 9)
    return b"".join(
        [
            b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>endobj\n",
            b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n" % len(content),
            content,
            b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n",
        ]
    )


@pytest.mark.thorough
def test_a_small_pdf_that_asks_for_minutes_is_refused(monkeypatch):
    """It would hold a thread of the portal for as long."""
    data = heavy(200_000)
    assert len(data) < 20_000
    monkeypatch.setattr(drawing, "SECONDS", 2)
    assert refusal(data) == "too_slow"


@pytest.mark.thorough
def test_two_at_once_do_not_disturb_each_other():
    """PDFium itself is not safe between threads."""
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(read, [pdf(2)] * 8))
    assert all(len(pypdfium2.PdfDocument(each.data)) == 2 for each in kept)


@pytest.mark.parametrize("box", [b"0 0 0 0", b"0 0 1 100000", b"0 0 1e30 1e30", b"nan nan nan nan", b"", b"5 5 -5 -5"])
def test_a_page_of_any_size_is_drawn(box):
    assert read(heavy(1).replace(b"0 0 200 200]", box + b"]")).is_pdf
