"""Content on disk, made into pages."""
