"""What people and other programs read of a run: the terminal's summary, pages, files."""
