"""One simulated tenant, as a test holds it."""
