"""Which tests show no use of a scope although the code that they test may need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..words import name_tests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..evidence.suite_evidence import SuiteEvidence, Tests
    from .package_view import ScopeView


class UnseenUse(NamedTuple):
    """The tests of a suite of which it is not seen what they need of a package."""

    failed: Tests
    """They failed by themselves, or got no token: these may need any scope."""
    expected_to_fail: frozenset[str]
    denied: Mapping[str, Tests]
    """Scope -> the tests with a call that needs it, and whose token does not allow it."""

    def why(self, scope: ScopeView) -> str:
        """Say why a scope may be needed all the same; empty: nothing suggests it."""
        if denied := self.denied.get(scope.scope):
            return f"a call needs it that its token did not allow: {name_tests(denied)}"
        if self.failed:
            return f"it is not seen what failed tests need: {name_tests(self.failed)}"
        if named := sorted(self.expected_to_fail & {*scope.declared_by, *scope.requested_by}):
            return f"it is not seen what tests need that are expected to fail: {name_tests(named)}"
        return ""


def find_unseen_use(suite: SuiteEvidence, package: str) -> UnseenUse:
    """Find these tests."""
    errors = [each for each in suite.findings if each.severity == "error"]
    without_token = {each.test for each in errors if each.rule == "MCS105"}
    denied: dict[str, Tests] = {}
    for each in errors:
        if (each.rule, each.package) == ("MCS201", package):
            denied |= {scope: (*denied.get(scope, ()), each.test) for scope in each.scopes}
    return UnseenUse(
        failed=tuple(sorted({*suite.failed, *without_token})),
        expected_to_fail=frozenset(suite.xfailed),
        denied=denied,
    )
