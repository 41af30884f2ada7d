"""Everything around the exercises: reading, questions, review, placement, search, certificates."""
