"""The door of real ports, on 127.0.0.1 only."""
