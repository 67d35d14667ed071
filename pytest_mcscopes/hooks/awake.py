"""What `plugin.py` calls for each test, from when something of ours has turned up in the run."""

from __future__ import annotations

from .fixtures import tenant_for
from .judging import begin_unmarked, fail_teardown, judging, set_up
from .reporting import attach


class TestHooks:
    """What a run holds from then on: an import in each hook would cost every test some time."""

    set_up = staticmethod(set_up)
    judging = staticmethod(judging)
    begin_unmarked = staticmethod(begin_unmarked)
    fail_teardown = staticmethod(fail_teardown)
    tenant_for = staticmethod(tenant_for)
    attach = staticmethod(attach)
