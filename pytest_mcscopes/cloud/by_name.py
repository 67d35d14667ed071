"""What a tenant has several of, looked up by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

from ..errors import UnknownNameError
from ..words import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class ByName(dict[str, T], Generic[T]):
    """A dictionary whose KeyError names what there is."""

    def __init__(self, kind: str, things: Mapping[str, T]) -> None:
        """Keep things of a kind, "package" or "user", which is what their mark is called by."""
        super().__init__(things)
        self._kind = kind

    def __missing__(self, name: object) -> NoReturn:
        known = ", ".join(f'"{each}"' for each in self)
        hint = did_you_mean(name, self) if isinstance(name, str) else ""
        raise UnknownNameError(
            f'the tenant has no {self._kind} "{name}", but {known}.{hint} Add it by'
            f' @pytest.mark.mc_{self._kind}(name="{name}"), or, where mc_cloud.tenant(...) makes'
            f" the tenant, by {self._kind}s=[{{...}}]."
        )
