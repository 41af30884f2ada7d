"""The names of containers: a small process that answers at 127.0.0.11 in their networks."""
