"""The calls that a test makes: what stands in their parentheses is checked before they do anything.

Python itself would raise a TypeError that names the function, and not what may be written instead.
"""

from __future__ import annotations

from functools import cached_property, wraps
from typing import TYPE_CHECKING, TypeVar

from ..errors import ConfigError
from .keywords import ANYTHING, Kind, check_keywords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Method = TypeVar("Method", bound="Callable[..., object]")
_GATHERS = 0x04
"""Of a code object: that it has `*arguments`."""


class _Call:
    """A public method, and what it takes."""

    def __init__(
        self,
        name: str,
        method: Callable[..., object],
        kinds: Mapping[str, Kind],
        further: Callable[[], Iterable[str]],
    ) -> None:
        written: Callable[..., object] = getattr(method, "__wrapped__", method)
        code, defaults = written.__code__, written.__defaults__ or ()
        last = code.co_argcount + code.co_kwonlyargcount
        self._name = name
        self._kinds = kinds
        self._further = further
        self._keywords = code.co_varnames[1:last]
        self._in_order = code.co_varnames[1 : code.co_argcount]
        self._gathered = code.co_varnames[last] if code.co_flags & _GATHERS else ""
        self._required = self._in_order[: len(self._in_order) - len(defaults)]

    @cached_property
    def _known(self) -> dict[str, Kind]:
        return {
            name: self._kinds.get(name, ANYTHING) for name in (*self._keywords, *self._further())
        }

    def check(self, values: Sequence[object], named: Mapping[str, object]) -> None:
        """Check what a call was given.

        Raises:
            ConfigError: it says what is wrong, and what the call takes.
        """
        if self._gathered and self._gathered in named:
            raise ConfigError(
                f"{self._name}: write {self._gathered} one by one and without"
                f' {self._gathered}=, as {self._name}("...").'
            )
        if len(values) > len(self._in_order) and not self._gathered:
            takes = ", ".join(self._known) or "nothing"
            raise ConfigError(
                f"{self._name}: {len(values)} values are given without a name, which is too many."
                f" It takes {takes}."
            )
        in_order = dict(zip(self._in_order, values, strict=False))
        if twice := in_order.keys() & named.keys():
            raise ConfigError(f"{self._name}: {min(twice)} is given twice. Write it once.")
        given = {**in_order, **named}
        check_keywords(given, self._known, self._name, self._name)
        for name in self._required:
            if name not in given:
                takes = ", ".join(self._known)
                raise ConfigError(f"{self._name}: {name} is missing. It takes {takes}.")


def takes(
    name: str, further: Callable[[], Iterable[str]] = tuple, /, **kinds: Kind
) -> Callable[[Method], Method]:
    """Let a method refuse what it does not take, in a text for its caller.

    Args:
        name: of the method, as callers write it.
        further: gives the keywords that its `**keywords` may be.
        kinds: what arguments have to be; of one that is not named here, the method itself knows.
    """

    def decorate(method: Method) -> Method:
        call = _Call(name, method, kinds, further)

        @wraps(method)
        def checked(self: object, *values: object, **named: object) -> object:
            __tracebackhide__ = True
            call.check(values, named)
            return method(self, *values, **named)

        return checked  # type: ignore[return-value]  # it takes what the method takes

    return decorate
