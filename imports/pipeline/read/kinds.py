"""What a file is, by its content; its name is only what somebody called it."""

from __future__ import annotations

import mmap
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

from imports.pipeline.read.dialect import Format
from imports.pipeline.read.errors import FileRefused

HEAD_BYTES = 64 * 1024

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

# Signatures that no table of text begins with.
BINARY_HEADS = {
    b"%PDF-": "pdf",
    b"\x89PNG\r\n": "image",
    b"\xff\xd8\xff": "image",
    b"GIF8": "image",
    b"\x1f\x8b": "gzip",
    b"Rar!\x1a": "rar",
    b"7z\xbc\xaf": "rar",
    b"SQLite format 3\0": "sqlite",
    b"\x7fELF": "program",
    b"{\\rtf": "rtf",
}
MARKUP = {
    "html": re.compile(rb"\s*<(?:!doctype html|html|head|body|table|meta)\b", re.IGNORECASE),
    "xml": re.compile(rb"\s*<\?xml\b"),
}
# Streams by which an OLE file shows what it is, in the order to ask: an encrypted .xlsx is an OLE
# file around the encrypted zip, and an .xls may embed a document of another kind.
OLE_STREAMS = {
    "EncryptedPackage": "encrypted",
    "Workbook": "xls",
    "Book": "xls",
    "WordDocument": "docx",
    "PowerPoint Document": "pptx",
}
# Parts by which a zip shows what it is; lower case, forward slashes.
ZIP_PARTS = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "xlsb",
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "index/document.iwa": "numbers",
    "index.zip": "numbers",
}
CONTROL = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a"))


def format_of(path: Path) -> Format:
    """Return how the file is to be read. Raises FileRefused naming what it is if it is no table."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head:
        raise FileRefused("empty")
    if head.startswith(ZIP):
        return _zip_format(path)
    if head.startswith(OLE):
        kind = _ole_kind(path)
        raise (
            FileRefused("encrypted")
            if kind == "encrypted"
            else FileRefused("wrong_kind", kind=kind)
        )
    if kind := _kind_of_head(head):
        raise FileRefused("wrong_kind", kind=kind)
    return "csv"


def _kind_of_head(head: bytes) -> str:
    for signature, kind in BINARY_HEADS.items():
        if head.startswith(signature):
            return kind
    if head.startswith(UTF16_MARKS):
        return ""
    for kind, pattern in MARKUP.items():
        if pattern.match(head.removeprefix(b"\xef\xbb\xbf")):
            return kind
    # One stray control character is a damaged table, two in a hundred are none.
    odd = len(head) - len(head.translate(None, CONTROL))
    return "binary" if odd * 50 > len(head) else ""


def _ole_kind(path: Path) -> str:
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        for name, kind in OLE_STREAMS.items():
            if content.find(name.encode("utf-16-le") + b"\0\0") >= 0:
                return kind
    return "ole"


def _zip_format(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            kind = _zip_kind(archive.namelist())
            if kind == "archive" and "mimetype" in archive.namelist():
                kind = "ods" if _is_opendocument(archive) else kind
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefused("damaged") from error
    if kind != "xlsx":
        raise FileRefused("wrong_kind", kind=kind)
    return "xlsx"


def _zip_kind(names: Iterable[str]) -> str:
    parts = {name.lower().replace("\\", "/") for name in names}
    return next((kind for part, kind in ZIP_PARTS.items() if part in parts), "archive")


def _is_opendocument(archive: zipfile.ZipFile) -> bool:
    with archive.open("mimetype") as part:
        return part.read(100).startswith(b"application/vnd.oasis.opendocument.spreadsheet")
