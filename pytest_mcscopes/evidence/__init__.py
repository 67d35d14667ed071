"""What a test run leaves behind, as plain data."""
