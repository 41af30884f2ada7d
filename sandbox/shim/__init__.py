"""One small process for each container: its parent, its terminal, its log, its exit status."""
