"""From what tests did to what to write: marks to paste."""
