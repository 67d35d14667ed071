"""The doors through which an HTTP call enters the simulated cloud."""
