"""Looks for the keys by which a client leaves a terminal."""

from __future__ import annotations


class Escape:
    """Passes on what is typed, but for the sequence itself."""

    def __init__(self, keys: bytes) -> None:
        self._keys = keys
        self._seen = 0  # How many of the keys were typed in this order, and are held back.

    def passed(self, data: bytes) -> tuple[bytes, bool]:
        """What the program shall have of it, and whether the client has left."""
        if not self._keys:
            return data, False
        out = bytearray()
        for byte in data:
            if byte != self._keys[self._seen]:
                out += self._keys[: self._seen]
                self._seen = 0
            if byte == self._keys[self._seen]:
                self._seen += 1
            else:
                out.append(byte)
            if self._seen == len(self._keys):
                self._seen = 0
                return bytes(out), True
        return bytes(out), False
