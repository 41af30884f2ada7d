"""The tables of this package, step by step."""
