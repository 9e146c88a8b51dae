"""The bytes of a text file on their way to the decoder, and where something stands among them."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from pathlib import Path

from imports.pipeline.read.errors import FileRefused

# A line of 500 columns of 2,000 letters each. It bounds the memory that one line can take.
MAX_LINE_BYTES = 1024 * 1024
BLOCK = 64 * 1024

_GUARD = re.compile(rb"'[=+@\t\r-]")


class Source(io.BufferedIOBase):
    """A file's bytes, checked block by block while a TextIOWrapper reads them.

    It refuses NUL bytes and endless lines before they become memory, and notices whether a cell
    may begin with a formula guard (`guards`), so that the reader need not look at every cell. The
    checks run over bytes because that costs a tenth of what they cost over rows.

    UTF-16 passes through as UTF-8, so that one set of checks serves; `text_encoding` is what the
    wrapper must decode.
    """

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.encoding = encoding
        self.guards = False
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder("utf-16")() if encoding == "utf-16" else None
        self._line_bytes = 0
        self._last_byte = b""
        self._offset = 0

    @property
    def name(self) -> str:
        return str(self.path)

    @property
    def text_encoding(self) -> str:
        return "utf-8" if self._decoder else self.encoding

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def read1(self, size: int | None = -1, /) -> bytes:
        """Return up to about `size` bytes, b"" at the end. Raise FileRefused."""
        block = self._next(size or BLOCK)
        if b"\0" in block:
            offset = self._offset + block.index(b"\0")
            raise FileRefused("nul_bytes", line=self._line_of(offset))
        if not self.guards:
            self.guards = _GUARD.search(self._last_byte + block) is not None
            self._last_byte = block[-1:]
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._line_bytes = len(block) - 1 - end + (self._line_bytes if end < 0 else 0)
        self._offset += len(block)
        if self._line_bytes > MAX_LINE_BYTES:
            line = self._line_of(self._offset)
            raise FileRefused("line_too_long", line=line, limit=MAX_LINE_BYTES)
        return block

    def _next(self, size: int) -> bytes:
        if self._decoder is None:
            return self._file.read(size)
        block = ""
        while not block and (raw := self._file.read(size)):
            block = self._decoder.decode(raw)
        return (block or self._decoder.decode(b"", final=True)).encode()

    def _line_of(self, offset: int) -> int:
        """Return the line, from 1, of a byte of what this source hands out."""
        again = Source(self.path, self.encoding)
        with again._file:
            return _line_at(again._next, offset)


def line_of(path: Path, offset: int) -> int:
    """Return the line, from 1, in which a byte of the file stands; any mixture of line ends."""
    with path.open("rb") as file:
        return _line_at(file.read, offset)


def _line_at(read: Callable[[int], bytes], offset: int) -> int:
    line, before = 1, b""
    while offset > 0 and (block := read(BLOCK)):
        block = block[:offset]
        offset -= len(block)
        line += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
        line -= before == b"\r" and block.startswith(b"\n")
        before = block[-1:]
    return line


def check_text(path: Path, encoding: str) -> None:
    """Decode the whole file strictly; raise FileRefused naming the first byte that cannot be.

    Streaming: two hundred megabytes take about a second and no memory.
    """
    # As plain UTF-8 a byte order mark is a letter; "utf-8-sig" would count offsets without it.
    decoder = codecs.getincrementaldecoder("utf-8" if encoding == "utf-8-sig" else encoding)()
    offset = 0
    with path.open("rb") as file:
        while True:
            block = file.read(16 * BLOCK)
            # A decoder keeps the bytes of a letter that the block's end cut in two.
            kept = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                offset += error.start - kept
                line = line_of(path, offset)
                raise FileRefused(
                    "undecodable", encoding=encoding, line=line, offset=offset
                ) from error
            if not block:
                return
            offset += len(block)


def is_text(path: Path, encoding: str) -> bool:
    """Return whether the whole file decodes."""
    try:
        check_text(path, encoding)
    except FileRefused:
        return False
    return True
