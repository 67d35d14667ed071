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
    not_judged: Mapping[str, Tests]
    """Scope -> the tests that declare it, not as one of a union, and were not judged, as skipped
    ones are not."""

    def why(self, scope: ScopeView) -> str:
        """Say why a scope may be needed all the same; empty: nothing suggests it."""
        if denied := self.denied.get(scope.scope):
            return f"a call needs it that its token did not allow: {name_tests(denied)}"
        if self.failed:
            return f"it is not seen what failed tests need: {name_tests(self.failed)}"
        if named := sorted(self.expected_to_fail & {*scope.declared_by, *scope.requested_by}):
            return f"it is not seen what tests need that are expected to fail: {name_tests(named)}"
        if tests := self.not_judged.get(scope.scope):
            return (
                "it is not seen what tests need that declare it and were not judged:"
                f" {name_tests(tests)}"
            )
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
        not_judged=_find_not_judged(suite, package),
    )


def _find_not_judged(suite: SuiteEvidence, package: str) -> Mapping[str, Tests]:
    found: dict[str, set[str]] = {}
    for mark in suite.marks:
        if mark.match != "at_most" and mark.package in {None, package}:
            for scope in mark.declared:
                found.setdefault(scope, set()).update({*mark.tests}.difference(mark.judged))
    return {scope: tuple(sorted(tests)) for scope, tests in found.items() if tests}
