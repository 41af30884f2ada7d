"""One function per kernel interface, in the shape of its man page; no policy and no logging."""
