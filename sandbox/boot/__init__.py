"""Perform a plan and become a container's first process, or one more process of it."""
