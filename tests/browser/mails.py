"""Mails of a server under test, which its settings turn into files."""

import re
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path


def bodies_in(folder: Path, to: str = "") -> Iterator[str]:
    """The plain texts of the mails in a folder, as `filemail:///` writes them; of those to an address, if given."""
    for file in sorted(folder.iterdir()):
        for text in file.read_text("utf-8").split("-" * 79 + "\n"):
            mail = message_from_string(text.strip(), policy=policy.default)
            body = mail.get_body(("plain",)) if mail["To"] else None
            if body and to in mail["To"]:
                yield body.get_content()


def links_in(folder: Path, pattern: str, to: str = "") -> set[str]:
    """The addresses in those mails that match a pattern."""
    return {link for body in bodies_in(folder, to) for link in re.findall(pattern, body)}
