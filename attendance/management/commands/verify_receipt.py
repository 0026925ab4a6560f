"""Command that says whether the receipt of an erasure is genuine."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.erasing.errors import NoReceipt, ReceiptChanged
from attendance.erasing.receipts import receipt_verify


class Command(BaseCommand):
    help = "Says whether this portal signed a receipt of an erasure, of a student or of a school."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the receipt, or - to read it from the standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
            statement = receipt_verify(text)
        except (OSError, UnicodeDecodeError, NoReceipt, ReceiptChanged) as error:
            raise CommandError(str(error)) from error
        about = statement.get("student") or statement["school"]
        self.stdout.write(f"Genuine: {statement['kind']}, {about['label']}, ended {statement['ended_at']}.")
        for step in statement["steps"]:
            self.stdout.write(f"  {step['part']}: {step['found']} found, {step['left']} left")
