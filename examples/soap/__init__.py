"""A nightly check over SOAP: did the import go well, and who of the new customers left again."""
