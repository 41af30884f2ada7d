"""Containers: which there are, in which state, and what comes next."""
