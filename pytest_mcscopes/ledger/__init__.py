"""What happened, as plain values in the order in which it happened."""
