"""Babel's own commands, as `make messages` and `make languages` call them."""

import subprocess
import sys
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent


def babel(command, *options):
    """Run one of them with the options of pyproject.toml."""
    subprocess.run([sys.executable, "-m", "babel.messages.frontend", "-q", command, *options], cwd=ROOT, check=True)


def extracted(folder):
    """Every translatable sentence of our Python and templates; the template of them is left in the folder."""
    template = folder / "messages.pot"
    babel("extract", "--output-file", str(template))
    with template.open("rb") as file:
        return read_po(file)
