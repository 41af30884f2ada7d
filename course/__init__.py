"""What is taught, what was answered, who is learning."""
