"""Reading papers: the text and the pages of a PDF."""

import pypdfium2


def pages_of(pdf):
    """The text of each page. Marks of direction and breaks within long words are taken out."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded().replace("\u200b", "") for page in document]


def size_of(pdf):
    """Width and height of the first page, in millimetres."""
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    return round(width / 72 * 25.4), round(height / 72 * 25.4)
