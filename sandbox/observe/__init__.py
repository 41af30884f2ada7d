"""The kernel's view of a container, read from outside."""
