"""How marks are written out, for whoever is to paste them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .phrases import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable


def scopes_mark(scopes: Iterable[str], match: str, package: str | None) -> str:
    """Write the mark that lists scopes; where there are none, the one that allows none."""
    names = quoted(scopes)
    of = "" if package is None else f'package="{package}"'
    if not names:
        return f"@pytest.mark.mc_least_privilege{f'({of})' if of else ''}"
    bound = "" if match == "exact" else f'match="{match}"'
    return f"@pytest.mark.mc_scopes({', '.join(filter(None, [names, bound, of]))})"


def refusal_mark(package: str | None) -> str:
    """Write the mark of a test in which every token request is refused."""
    of = "" if package is None else f', package="{package}"'
    return f'@pytest.mark.mc_no_token(refused=True, reason="a test of the refusal"{of})'


def package_mark(scopes: Iterable[str], package: str | None) -> str:
    """Write the mark that assigns a package just these scopes."""
    name = "" if package is None else f'name="{package}", '
    return f"@pytest.mark.mc_package({name}{assigned(scopes)})"


def assigned(scopes: Iterable[str]) -> str:
    """Write the keyword that says what a package has."""
    return f"scopes=[{quoted(scopes)}]"
