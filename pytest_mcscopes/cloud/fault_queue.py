"""The faults that a test ordered, and the requests that each of them waits for."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from .error_answers import Fault
from .fault_order import Endpoint, FaultName, Ordered, RetryAfter, read_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..catalogue.catalogue import Catalogue


class Details(TypedDict, total=False):
    """The keywords of an order; `Tenant.fail_next` tells what they mean."""

    times: int
    after: int
    retry_after: RetryAfter
    seconds: float | None
    scope: str | None
    origin: str


def fault_details() -> tuple[str, ...]:
    """Name the keywords of an order that a test may write."""
    return tuple(name for name in Details.__annotations__ if name != "origin")


@dataclass(slots=True, eq=False)
class _Waiting:
    """An order that has not happened as often as it is to."""

    order: Ordered
    came: int = 0
    """How many of its requests arrived, whatever became of them."""
    happened: int = 0

    @property
    def ready(self) -> bool:
        """Whether the next request is one that it does not let pass."""
        return self.came >= self.order.after

    @property
    def unfired(self) -> str:
        """Say what did not happen, why, and what to do."""
        order = self.order
        place = f" ({order.origin})" if order.origin else ""
        said = f"happened {self.happened} of {order.times} times" if self.happened else _NEVER
        if order.name == "denied":
            why = f"no authorize request came. {_NOBODY_CAME}"
        elif not self.came:
            why = f"no such request came.{order.hint} {_NONE_CAME}"
        elif self.came == 1:
            why = f"only 1 such request came. {_FEW_CAME}"
        else:
            why = f"only {self.came} such requests came. {_FEW_CAME}"
        return f"{order.written}{place} {said}: {why}"


_NOBODY_CAME = "Let the test call authorize(...) with the app's link, or remove deny()."
_NEVER = "never happened"
_NONE_CAME = "Let the code under test send one, or remove fail_next."
_FEW_CAME = "Let the code under test send more, or ask for less by times= and after=."


class FaultQueue:
    """What is still to go wrong at one tenant."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._waiting: list[_Waiting] = []

    def order(self, target: str, fault: FaultName | int, **details: Unpack[Details]) -> None:
        """Let something happen to the next requests, whoever sends them.

        Orders for the same requests wait for one another, in the order given;
        one for a route goes before those for all of the REST host.
        """
        self._waiting.append(_Waiting(read_order(self._catalogue, target, fault, **details)))

    def apply(
        self,
        endpoint: Endpoint,
        label: str = "",
        *,
        build: Callable[[Ordered], Fault | None] = Ordered.fault,
        note: Callable[[Ordered], object] = bool,
    ) -> float:
        """Let happen to a request what the test ordered, if anything.

        Args:
            endpoint: where it arrives.
            label: the route of a REST call.
            build: makes the fault of an order, in the form of this host.
            note: notes what is known of the request all the same, before it is refused; what it
                cannot read does not matter.

        Returns:
            How much later it is answered, in seconds.

        Raises:
            Fault: it is not answered as usual.
        """
        if not self._waiting or (order := self.due(endpoint, label)) is None:  # as mostly
            return 0
        if fault := build(order):
            with suppress(Fault):
                note(order)
            raise fault
        return order.delay

    def due(self, endpoint: Endpoint, label: str = "") -> Ordered | None:
        """Count a request that arrives, and take what is to happen to it, if anything."""
        meant = [
            each
            for each in self._waiting
            if each.order.endpoint == endpoint
            and each.order.label in {"", label}
            and not each.order.scope
        ]
        return self._take(sorted(meant, key=lambda each: not each.order.label))

    def leave_out(self, scopes: frozenset[str], text: str) -> tuple[frozenset[str], str]:
        """Take what is to be dropped from a token's scopes, and from the text that lists them.

        A request whose token would not have had the scope anyway does not count.
        """
        if not self._waiting:
            return scopes, text
        wanted = {each.order.scope for each in self._waiting} & scopes
        dropped = {
            scope
            for scope in wanted
            if self._take([each for each in self._waiting if each.order.scope == scope])
        }
        if not dropped:
            return scopes, text
        return scopes - dropped, " ".join(word for word in text.split() if word not in dropped)

    def unfired(self) -> list[str]:
        """Say of each order that has not happened, or not often enough, what it waits for."""
        return [each.unfired for each in self._waiting]

    def clear(self) -> None:
        """Forget all orders."""
        self._waiting.clear()

    def _take(self, meant: list[_Waiting]) -> Ordered | None:
        """Count a request for all orders that mean it, and let the first ready one have it."""
        first = next((each for each in meant if each.ready), None)
        for each in meant:
            each.came += 1
        if first is None:
            return None
        first.happened += 1
        if first.happened == first.order.times:
            self._waiting.remove(first)
        return first.order
