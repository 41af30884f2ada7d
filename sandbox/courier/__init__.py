"""Requests made from inside a lab's network by a locked process of ours."""
