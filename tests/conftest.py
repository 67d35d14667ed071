"""What every test file has."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ["pytester"]

# Found examples must not depend on the machine or on its speed.
settings.register_profile("mcscopes", deadline=None, derandomize=True, database=None)
settings.load_profile("mcscopes")
