"""The last bytes of a terminal's output, addressed by their offset since its beginning."""

from __future__ import annotations

SIZE = 256 * 1024
_SLACK = 64 * 1024  # Trimmed in strides: moving the bytes on every append would cost more.


class Ring:
    """Offsets grow for ever; the bytes from `start` to `end` are still here."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._bytes = bytearray()
        self.start = 0

    @property
    def end(self) -> int:
        """The offset after the last byte."""
        return self.start + len(self._bytes)

    def append(self, data: bytes) -> None:
        """Add output; the oldest bytes beyond the size go."""
        self._bytes += data
        excess = len(self._bytes) - self._size
        if excess > _SLACK or (excess > 0 and self._size < _SLACK):
            del self._bytes[:excess]
            self.start += excess

    def read(self, offset: int, most: int) -> bytes:
        """At most so many bytes from offset. Precondition: start <= offset <= end."""
        first = offset - self.start
        return bytes(self._bytes[first : first + most])

    def nearest(self, offset: int) -> int:
        """Where a replay from offset can begin: there, or at the oldest byte left."""
        return offset if self.start <= offset <= self.end else self.start
