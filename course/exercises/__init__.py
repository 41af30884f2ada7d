"""What is asked of a learner, and how the kernel answers."""
