"""The plugin's markers: where they stand, and what they say."""
