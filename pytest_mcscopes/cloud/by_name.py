"""What a tenant has several of, looked up by name."""

from __future__ import annotations

from typing import Generic, NoReturn, TypeVar

from ..errors import UnknownNameError
from ..words import did_you_mean

T = TypeVar("T")


class ByName(dict[str, T], Generic[T]):
    """A dictionary whose KeyError names what there is."""

    def __init__(self, kind: str) -> None:
        """Hold things of a kind, "package" or "user", which is what their mark is called by."""
        self._kind = kind

    def __missing__(self, name: object) -> NoReturn:
        known = ", ".join(f'"{each}"' for each in self)
        hint = did_you_mean(name, self) if isinstance(name, str) else ""
        raise UnknownNameError(
            f'the tenant has no {self._kind} "{name}", but {known}.{hint} Add it by'
            f' @pytest.mark.mc_{self._kind}(name="{name}"), or, where mc_cloud.tenant(...) makes'
            f" the tenant, by {self._kind}s=[{{...}}]."
        )
