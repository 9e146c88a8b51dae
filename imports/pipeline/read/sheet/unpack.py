"""Parts of a workbook's zip, in blocks, never more than they declare."""

from __future__ import annotations

import copy
import zipfile
import zlib
from collections.abc import Iterator

from .job import Refused

BLOCK = 1024 * 1024


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part of the zip in blocks. Raises Refused where it lies, is damaged or has a DTD.

    Python's zipfile stops at the size that a part declares, calamine does not: so it is asked for
    more than declared, and must not find it.
    """
    asked = copy.copy(info)
    asked.file_size += 2 * BLOCK
    left, tail = info.file_size, b""
    try:
        with archive.open(asked) as part:
            while block := part.read(BLOCK):
                left -= len(block)
                if left < 0:
                    raise Refused("zip_lies", part=info.filename)
                text = tail + block
                if b"<!" in text and (b"<!DOCTYPE" in text or b"<!ENTITY" in text):
                    raise Refused("xml_entities", part=info.filename)
                tail = block[-16:]
                yield block
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Refused("damaged") from error
    except RuntimeError as error:  # what zipfile says of a part that needs a password
        raise Refused("encrypted") from error
