"""The last bytes of a terminal's output, addressed by their offset since its beginning."""

from __future__ import annotations

SIZE = 256 * 1024


class Ring:
    """Offsets grow for ever; the bytes from `start` to `end` are still here."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        # The byte at an offset is at offset % size. It grows to its size, so that a terminal on
        # which little happens costs little.
        self._bytes = bytearray()
        self.end = 0  # The offset after the last byte.

    @property
    def start(self) -> int:
        """The offset of the oldest byte left."""
        return max(self.end - self._size, 0)

    @property
    def size(self) -> int:
        """How many bytes are here."""
        return len(self._bytes)

    def append(self, data: bytes) -> None:
        """Add output; the oldest bytes beyond the size go."""
        rest = memoryview(data)
        while rest:
            place = self.end % self._size
            piece = rest[: self._size - place]
            self._bytes[place : place + len(piece)] = piece
            self.end += len(piece)
            rest = rest[len(piece) :]

    def read(self, offset: int, most: int) -> bytes:
        """At most so many bytes from offset. Precondition: start <= offset <= end."""
        count = min(most, self.end - offset)
        place = offset % self._size
        first = bytes(memoryview(self._bytes)[place : place + count])
        return first if len(first) == count else first + self._bytes[: count - len(first)]

    def nearest(self, offset: int) -> int:
        """Where a replay from offset can begin: there, or at the oldest byte left."""
        return offset if self.start <= offset <= self.end else self.start
