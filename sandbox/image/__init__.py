"""Images: names, configurations and unpacked layers on disk."""
