"""What is asked of a learner, and how the kernel answers: definitions, probes, verdicts, live checks."""
