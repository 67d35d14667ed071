"""What to do next. Advice never widens rights: it narrows, or it asks a person to decide."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Finding
from .rules import Case, Scopes, describe, line, minimum_of, trusted_allowed
from .verdict import Verdict


def advise(verdict: Verdict) -> list[str]:
    """Write the next steps for the errors of a verdict, the most likely first."""
    steps = [step for case in verdict.cases for step in _advise_case(case, _of(verdict, case))]
    if any(each.rule == "MCS107" for each in verdict.errors):
        steps.append(
            "Build the client in a function-scoped fixture from this test's mc_tenant, or give it a tenant of its own"
            " life: with mc_cloud.tenant() as tenant: ... in a fixture of the client's scope."
        )
    return list(dict.fromkeys(steps))


def _of(verdict: Verdict, case: Case) -> dict[str, Finding]:
    return {each.rule: each for each in verdict.errors if each.package == case.observed.package}


def _advise_case(case: Case, errors: dict[str, Finding]) -> Iterator[str]:
    if "MCS109" in errors:
        yield _unexpected(case)
    if "MCS105" in errors:
        yield _no_token(case)
    if "MCS201" in errors:
        yield from _denied(case)
    if "MCS108" in errors:
        yield from _undetermined(case)
    if errors.keys() & {"MCS101", "MCS102", "MCS103", "MCS106", "MCS202"}:
        yield from _scopes(case)


def _scopes(case: Case) -> Iterator[str]:
    """Say what to request: the declared scopes, or less where less is known to do."""
    observed, declared = case.observed, case.limit
    minimum = known_minimum(case)
    if case.expectation.kind == "scopes" and minimum is not None and minimum < declared:
        yield f"Narrow the marker to {_marker(minimum)}: the calls need no more. Then {_request(case, minimum)}"
        return
    beyond = (minimum or frozenset()) - declared
    if beyond:
        calls = [call for call in trusted_allowed(observed) if not call.need.satisfied_by(declared)]
        yield (
            f"{calls[0].need.label} used {line(beyond)}, which the marker does not declare: drop the call,"
            f' or have the wider right approved and declared. Without it, request scope="{line(declared)}".'
        )
        return
    if unassigned := declared - observed.assigned:
        if case.expectation.match != "at_most":
            yield (
                f'The package "{observed.package}" lacks {line(unassigned)}: take it out of the marker if the code'
                " can do without, or test with a package that has it."
            )
            return
    yield _capital(_request(case, declared))


def _request(case: Case, scopes: Scopes) -> str:
    """Say how to get exactly these scopes; where none was named, the package may be the only way."""
    observed = case.observed
    if observed.requested == scopes and not observed.omitting:
        return "leave the request as it is."
    ask = f'request scope="{line(scopes)}"'
    if observed.requests and all(each.scope is None for each in observed.requests):
        return (
            f"{ask}; or, if the client cannot send a scope, assign the package just that:"
            f" @pytest.mark.mc_package(scopes={_list(scopes)}), and the same on the real Installed Package."
        )
    return f"{ask} instead."


def known_minimum(case: Case) -> Scopes | None:
    """Tell the minimum of the calls; None where doubtful rows or ties leave it open, or nothing was called."""
    observed = case.observed
    if any(not call.need.trusted for call in observed.allowed) or not trusted_allowed(observed):
        return None
    minima = minimum_of(observed)
    return minima[0] if len(minima) == 1 else None


def _denied(case: Case) -> Iterator[str]:
    for call in [call for call in case.observed.lacking if call.need.trusted][:1]:
        wanted = next(iter(call.need.minimal_sets)) - (call.granted or frozenset())
        if case.expectation.kind == "scopes" and wanted <= case.expectation.declared:
            lead = f'Request scope="{line(case.expectation.declared)}", as the marker declares'
        elif not wanted <= case.observed.assigned:
            lead = f'Drop the call, or have {line(wanted)} approved for the package "{case.observed.package}" and declared'
        else:
            lead = f"Drop the call, or have {line(wanted)} approved, declared and requested"
        yield f'{lead}; if the denial is what you test, mark it @pytest.mark.mc_allow("MCS201", reason="...").'


def _undetermined(case: Case) -> Iterator[str]:
    doubtful = [call.need for call in case.observed.calls if not call.need.trusted]
    about = f" of {describe(doubtful[0])}" if doubtful else ""
    yield (
        "Write the scopes that you expect in the marker, @pytest.mark.mc_scopes(...), once you know the needs"
        f"{about} from your own tenant: the catalogue is not sure enough to judge by."
    )


def _no_token(case: Case) -> str:
    observed = case.observed
    if observed.requests:
        return "Mend the token request: the answer's error tells what is wrong with it."
    if observed.own_tokens:
        return "Let the code under test log in itself, or leave the mark out: a token of the test's own proves nothing."
    if observed.unpresented:
        return "Let the test use the client, or mark it @pytest.mark.mc_no_token(reason=...)."
    return (
        "Point the code at mc_tenant.auth_url with mc_tenant.client_id and mc_tenant.client_secret, through httpx;"
        " or, if it needs no token, mark the test @pytest.mark.mc_no_token(reason=...)."
    )


def _unexpected(case: Case) -> str:
    if case.expectation.package is not None and case.expectation.origin.startswith("no mark"):
        name = case.expectation.package
        return f'Say what package "{name}" may ask for: @pytest.mark.mc_scopes(..., package="{name}").'
    return "Stop the code from asking, or replace mc_no_token by the scopes that it may ask for."


def _marker(scopes: Scopes) -> str:
    if not scopes:
        return "@pytest.mark.mc_least_privilege (no scope at all is needed)"
    return f"@pytest.mark.mc_scopes({_quoted(scopes)})"


def _list(scopes: Scopes) -> str:
    return f"[{_quoted(scopes)}]"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _quoted(scopes: Scopes) -> str:
    return ", ".join(f'"{scope}"' for scope in sorted(scopes))
