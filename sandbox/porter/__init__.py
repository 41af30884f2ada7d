"""Carries files into and out of a container, from within it: one process for each request."""
