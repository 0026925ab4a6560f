"""See `bench.training`."""

import os
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("SECRET_KEY", "training-" + "0" * 50)
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="training-"))


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.training")
    parser.add_argument("what", choices=("centre", "cover"))
    parser.add_argument("folder", type=Path, help="photos and their protocol.csv")
    parser.add_argument("file", type=Path, help="what is written")
    options = parser.parse_args()
    import django

    django.setup()
    from attendance.evaluation.photos import read_protocol
    from attendance.management.commands.evaluate_faces import local_model
    from bench.training.centres import centres_of
    from bench.training.covers import cover_of_photos

    photos, model = read_protocol(options.folder / "protocol.csv", options.folder), local_model()
    name = options.folder.name
    if options.what == "cover":
        source = f"enrol photos of {name} with covers drawn on (bench/training)"
        options.file.write_text(cover_of_photos(photos, model, source, say) + "\n", "utf-8")
        return
    first, second = centres_of(photos, model, f"mean of the unit vectors of the enrol photos of {name}", say)
    options.file.write_text(first + "\n", "utf-8")
    if second:
        options.file.with_stem(f"{options.file.stem}_second").write_text(second + "\n", "utf-8")


def say(line: str) -> None:
    print(line, file=sys.stderr)


main()
