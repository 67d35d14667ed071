"""The doors without sockets: HTTP libraries of the test's own process."""
