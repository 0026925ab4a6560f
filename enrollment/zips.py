"""ZIP files that others send: which parts are read, and what reading a damaged one raises."""

import struct
import zipfile
import zlib

# Of a damaged archive, beside BadZipFile. RuntimeError: a password, or a version of the format that is not known.
DAMAGED = (zipfile.BadZipFile, RuntimeError, EOFError, ValueError, IndexError, struct.error, zlib.error)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_folder(part: zipfile.ZipInfo) -> bool:
    return part.filename.endswith("/")  # `is_dir` fails at a part without a name


def is_packed_oddly(part: zipfile.ZipInfo) -> bool:
    """True for a method that no ZIP of photos or tables has. One of them takes the memory that the file asks for."""
    return part.compress_type not in _METHODS
