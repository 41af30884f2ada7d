"""WebSocket frames to and from a lab's terminal."""
