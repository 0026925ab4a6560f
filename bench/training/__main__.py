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
    parser.add_argument("what", choices=("centre", "covered", "cover", "limits", "ranges"))
    parser.add_argument("folder", type=Path, help="photos and, but for ranges, their protocol.csv")
    parser.add_argument("file", type=Path, help="what is written")
    options = parser.parse_args()
    import django

    django.setup()
    from attendance.evaluation.photos import read_protocol
    from attendance.management.commands.evaluate_faces import local_model
    from bench.training.centres import centres_of, covered_centres_of
    from bench.training.covers import cover_of_photos
    from bench.training.limits import limits_of
    from bench.training.ranges import ranges_of

    model, name = local_model(), options.folder.name
    if options.what == "ranges":
        written(options.file, *ranges_of(options.folder, model, say))
        return
    photos = read_protocol(options.folder / "protocol.csv", options.folder)
    if options.what == "cover":
        source = f"enrol photos of {name} with covers drawn on (bench/training)"
        options.file.write_text(cover_of_photos(photos, model, source, say) + "\n", "utf-8")
        return
    if options.what == "limits":
        written(options.file, limits_of(photos, published(options.folder, photos), model, say), None)
        return
    source = f"mean of the unit vectors of the enrol photos of {name}"
    if options.what == "covered":
        source += ", each fourth one, with covers drawn on (bench/training)"
        written(options.file, covered_centres_of(photos, model, source, say), None)
        return
    written(options.file, *centres_of(photos, model, source, say))


def published(folder, photos):
    """The photos of the published table, if this is the folder that it is drawn from."""
    from bench.hard import DATA, drawn

    return drawn(photos) if DATA.resolve() == folder.resolve() else []


def written(file: Path, first: str, second: str | None) -> None:
    """Write the text of the first embedder's file and, beside it, that of the second's."""
    file.write_text(first + "\n", "utf-8")
    if second:
        file.with_stem(f"{file.stem}_second").write_text(second + "\n", "utf-8")


def say(line: str) -> None:
    print(line, file=sys.stderr)


main()
