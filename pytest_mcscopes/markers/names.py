"""The names of our marks. Every test run imports this module: it holds nothing else."""

from __future__ import annotations

JUDGING = ("mc_scopes", "mc_least_privilege", "mc_no_token")
"""The family of marks that make a test a judged one."""
OURS = frozenset({*JUDGING, "mc_allow", "mc_package"})
"""All that are read."""
