"""The command manage.py course."""
