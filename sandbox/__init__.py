"""The sandbox side: everything between a browser's terminal and the kernel."""
