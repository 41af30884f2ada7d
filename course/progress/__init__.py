"""Who is learning, and what each has done."""
