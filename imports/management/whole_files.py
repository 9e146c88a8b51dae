"""Files that a command writes for its caller: there as a whole, or not at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.core.management.base import CommandError
from django.utils.translation import gettext as _


def require_writable(path: Path) -> None:
    """Raise CommandError with what is in the way of a file there, before hours of work go into it.

    What its folder allows is tried out: permissions alone do not know of disks that are read-only.
    """
    try:
        if path.is_dir():
            raise IsADirectoryError(0, _("it is a folder"))
        if _is_device(path):
            return
        unfinished = _beside(path)
        unfinished.touch(exist_ok=False)
        unfinished.unlink()
    except OSError as error:
        raise CommandError(cannot_be_written(path, error), returncode=2) from error


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Give what to write to. A file appears under its name only when it is complete.

    Raises OSError, and leaves what stood there before. Devices and pipes are written as they are:
    a file in their place would help nobody.
    """
    if _is_device(path):
        with path.open("wb") as device:
            yield device
        return
    target = path.resolve()
    unfinished = _beside(target)
    try:
        with unfinished.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def cannot_be_written(path: Path | str, error: OSError) -> str:
    """Return the sentence for an error in writing a file."""
    return _("%(path)s cannot be written: %(why)s.") % {
        "path": path,
        "why": error.strerror or error,
    }


def cannot_be_read(path: Path, error: OSError) -> str:
    """Return the sentence for an error in reading a file."""
    return _("%(path)s cannot be read: %(why)s.") % {"path": path, "why": error.strerror or error}


def is_same_file(path: Path, other: Path) -> bool:
    """Whether both lead to one file, by whatever links."""
    try:
        return path.samefile(other) and not _is_device(path)
    except OSError:
        return False


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file()


def _beside(path: Path) -> Path:
    """Return a name that nobody else uses, on the disk on which the file is to stand."""
    path = path.resolve()
    return path.with_name(f".{path.name[:200]}-{secrets.token_hex(4)}")
