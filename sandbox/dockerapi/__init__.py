"""Docker's Engine API: what the web process asks, and what the engine answers."""
