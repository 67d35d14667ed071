"""The command `mcscopes`."""
