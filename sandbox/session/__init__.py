"""A learner's lease on a lab: granted, watched, ended."""
