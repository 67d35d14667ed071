"""What the plugin's hooks do: the way from pytest's objects to values and back."""
