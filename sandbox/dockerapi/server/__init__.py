"""Docker's Engine API over a Unix socket: HTTP in, engine calls out."""
