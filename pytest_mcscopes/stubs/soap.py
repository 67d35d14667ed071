"""The test's own answers to SOAP calls, and what those calls asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from ..cloud.soap.messages import ComplexFilter, SimpleFilter
from ..cloud.soap.operations import Told
from ..cloud.soap.python_values import from_wire, row_to_wire, spell, to_wire
from ..cloud.soap.results import LOOKING, WITHOUT_STATUS, result_type
from ..config import did_you_mean
from ..errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..catalogue.catalogue import Catalogue
    from ..cloud.soap.messages import Fields, Filter, Operation
    from ..cloud.soap.operations import Asked
    from ..transport.stub_authors import StubAuthors

    Row = Mapping[str, object]

_ROWS_OF = re.compile(r"(DataExtensionObject)\s*\[\s*(\S.*)\]", re.IGNORECASE | re.DOTALL)
# What the messages hold that are not about objects.
_HOLDERS: Mapping[str, str] = {
    "Execute": "ExecuteRequest",
    "Extract": "ExtractRequest",
    "Query": "QueryRequest",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SoapCall:
    """One thing that the code under test asked of the SOAP host, and that its token allows.

    A request with several objects is as many calls.
    """

    operation: Operation
    object_type: str
    """Of Execute the name of what is to be done; empty where the operation has neither."""
    data_extension: str | None
    """Whose rows: the key of `DataExtensionObject[key]`."""
    properties: tuple[str, ...]
    filter: Filter | None
    values: Mapping[str, object]
    """The object as sent, or what else was asked, as Python values."""
    action: str
    """Of Perform and Schedule, for instance `start`."""
    upsert: bool
    """Whether SaveAction UpdateAdd came along."""
    continues: bool
    """Whether it asked for the next page of an earlier Retrieve, whose filter is here."""


class _Target(NamedTuple):
    """Which calls a stub answers."""

    operation: Operation
    object_type: str
    data_extension: str | None = None
    where: Row | None = None
    action: str | None = None


class SoapStub:
    """Answers some of the calls; until it is told what to say, as if it were not there."""

    def __init__(self, target: _Target, written: str, author: str = "") -> None:
        self.calls: list[SoapCall] = []
        """Those that it answered."""
        self.told: Told | None = None
        self.author = author
        """The test that wrote it; empty: it is none of a test's."""
        self._target = target
        self._written = written

    def __repr__(self) -> str:
        return self._written

    @property
    def called(self) -> bool:
        """Whether it answered any call."""
        return bool(self.calls)

    @property
    def call_count(self) -> int:
        """How many calls it answered."""
        return len(self.calls)

    def respond(
        self, answer: Row | Iterable[Row] | None = None, *, more: Iterable[Row | Iterable[Row]] = ()
    ) -> SoapStub:
        """Answer OK.

        Args:
            answer: of a Retrieve or Query the list of objects; of any other operation members of
                the result, as in `{"NewID": 7}`, in place of the usual ones.
            more: further objects, which the client gets when it asks to continue; a list of lists
                is several further pages.

        Raises:
            ConfigError: something of it cannot be written as XML, or is of the wrong kind.
        """
        rows = self._target.operation in LOOKING
        self.told = self._pages(answer, more) if rows else self._members(answer, more)
        return self

    def fail(
        self, *, status: str = "Error", code: int | None = None, message: str = "The test says so."
    ) -> SoapStub:
        """Answer with an error.

        Args:
            status: the `StatusCode`; of a Retrieve what `OverallStatus` begins with.
            code: the `ErrorCode`; a Retrieve has none.
            message: the `StatusMessage`; of a Retrieve the rest of `OverallStatus`.

        Raises:
            ConfigError: the answer has no place for it.
        """
        operation = self._target.operation
        if operation in WITHOUT_STATUS:
            raise ConfigError(
                f'{self}.fail: an answer to {operation} has no status. Use fail_next("soap", ...).'
            )
        if status == "OK":
            raise ConfigError(f"{self}.fail: OK is no failure. Use respond(), or another status.")
        if code is not None and operation in LOOKING:
            raise ConfigError(f"{self}.fail: an answer to {operation} has no code. Leave it out.")
        said, why = (spell(each, f"{self}.fail") or "" for each in (status, message))
        self.told = Told(status=said, code=code, message=why)
        return self

    def fits(self, asked: Asked, call: SoapCall) -> bool:
        """Tell whether it answers a call."""
        target = self._target
        # The host finds the rows of a type in any case, too.
        same_type = target.object_type.casefold() == asked.object_type.casefold()
        same = target.operation == asked.operation and same_type
        key, action = target.data_extension, target.action
        return (
            same
            and key in {None, asked.data_extension}
            and (action is None or action.casefold() == asked.action.casefold())
            and _meets(target.where, asked, call)
        )

    def _pages(self, answer: object, more: Iterable[object]) -> Told:
        pages = [self._rows(() if answer is None else answer)]
        rest = list(more)
        if rest and all(isinstance(each, Mapping) for each in rest):
            pages.append(self._rows(rest))
        else:
            pages.extend(self._rows(each) for each in rest)
        return Told(pages=tuple(pages))

    def _rows(self, rows: object) -> tuple[Fields, ...]:
        if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
            raise ConfigError(
                f"{self}.respond takes a list of objects, each a mapping, got {rows!r}."
                ' Write respond([{"ID": 1}]).'
            )
        kind = self._target.object_type
        return tuple(row_to_wire(kind, row, f"{self}.respond") for row in rows)

    def _members(self, answer: object, more: Iterable[object]) -> Told:
        operation, kind = self._target.operation, self._target.object_type
        if tuple(more):
            raise ConfigError(f"{self}.respond: {operation} has no pages. Leave more= out.")
        if answer is not None and not isinstance(answer, Mapping):
            raise ConfigError(
                f"{self}.respond takes a mapping with members of the result, got {answer!r}."
                ' Write respond({"StatusMessage": "Done"}).'
            )
        said = dict(answer or {})
        if isinstance(said.get("Object"), Mapping):
            said["Object"] = {"xsi:type": kind, **said["Object"]}
        return Told(members=to_wire(result_type(operation, kind), said, f"{self}.respond"))


@dataclass(slots=True, eq=False)
class SoapStubs:
    """The stubs of one SOAP host; the first that fits a call answers it, as with respx.

    Only calls that the cloud lets through are asked of them; one that no stub
    fits is answered OK, a Retrieve without objects.
    """

    catalogue: Catalogue
    authors: StubAuthors | None = None
    """Knows which test writes a stub; None: nobody asks."""
    _stubs: list[SoapStub] = field(default_factory=list)
    _calls: list[SoapCall] = field(default_factory=list)

    @property
    def calls(self) -> tuple[SoapCall, ...]:
        """The calls that were allowed, in order of arrival, stubbed or not."""
        return tuple(self._calls)

    def retrieve(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub a Retrieve.

        Args:
            object_type: as `Subscriber`, or `DataExtensionObject[key]` for the rows of one data
                extension.
            where: property -> value, or list of values: answer only a Retrieve whose filter says
                just that; {}: only one without a filter.

        Raises:
            ConfigError: no such object type, or a value that no filter can have.
        """
        return self._stub("Retrieve", object_type, where)

    def create(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub a Create; `where` names properties that the object must have, with their values."""
        return self._stub("Create", object_type, where)

    def update(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub an Update; `where` is as for `create`."""
        return self._stub("Update", object_type, where)

    def delete(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub a Delete; `where` is as for `create`."""
        return self._stub("Delete", object_type, where)

    def perform(
        self, object_type: str, action: str | None = None, *, where: Row | None = None
    ) -> SoapStub:
        """Stub a Perform of any action, or of one, as `start`; `where` is as for `create`."""
        return self._stub("Perform", object_type, where, action)

    def schedule(
        self, object_type: str, action: str | None = None, *, where: Row | None = None
    ) -> SoapStub:
        """Stub a Schedule; `action` and `where` are as for `perform`."""
        return self._stub("Schedule", object_type, where, action)

    def describe(self, object_type: str) -> SoapStub:
        """Stub a Describe."""
        return self._stub("Describe", object_type)

    def query(self, object_type: str) -> SoapStub:
        """Stub a Query."""
        return self._stub("Query", object_type)

    def execute(self, name: str) -> SoapStub:
        """Stub an Execute of this name, as `LogUnsubEvent`."""
        return self._add(_Target("Execute", name), f'soap.execute("{name}")')

    def extract(self) -> SoapStub:
        """Stub every Extract."""
        return self._add(_Target("Extract", ""), "soap.extract()")

    def configure(self) -> SoapStub:
        """Stub every Configure."""
        return self._add(_Target("Configure", ""), "soap.configure()")

    def version_info(self) -> SoapStub:
        """Stub VersionInfo."""
        return self._add(_Target("VersionInfo", ""), "soap.version_info()")

    def get_system_status(self) -> SoapStub:
        """Stub GetSystemStatus."""
        return self._add(_Target("GetSystemStatus", ""), "soap.get_system_status()")

    def assert_all_called(self) -> None:
        """Fail if a stub answered no call.

        Raises:
            AssertionError: it names those stubs.
        """
        if unused := [f"  {stub!r}" for stub in self._stubs if not stub.called]:
            raise AssertionError(
                "\n".join(
                    [
                        "MCSCOPES: these SOAP stubs were never called:",
                        *unused,
                        "Let the code under test make the call, or take the stub out.",
                    ]
                )
            )

    def reset(self) -> None:
        """Forget the calls so far, and keep the stubs."""
        self._calls.clear()
        for stub in self._stubs:
            stub.calls.clear()

    def clear(self) -> None:
        """Forget the calls so far, and the stubs too."""
        self._calls.clear()
        self._stubs.clear()

    def answer(self, asked: Asked) -> Told | None:
        """Note a call down, and answer it as the first stub says that fits it."""
        call = _call_of(asked, self.catalogue.soap_pairs.spell(asked.object_type))
        self._calls.append(call)
        if asked.continues:
            return None
        for stub in self._stubs:
            if stub.fits(asked, call):
                stub.calls.append(call)
                if self.authors is not None:
                    what = f"SOAP {call.object_type} {call.operation}"
                    self.authors.answered(stub.author, what, soap=True)
                return stub.told
        return None

    def _stub(
        self,
        operation: Operation,
        object_type: str,
        where: Row | None = None,
        action: str | None = None,
    ) -> SoapStub:
        said = [f'"{object_type}"', *([] if action is None else [f'"{action}"'])]
        said += [] if where is None else [f"where={where!r}"]
        written = f"soap.{operation.lower()}({', '.join(said)})"
        kind, key = self._read_type(object_type, written)
        _check_where(where, written)
        return self._add(_Target(operation, kind, key, where, action), written)

    def _add(self, target: _Target, written: str) -> SoapStub:
        author = "" if self.authors is None else self.authors.author()
        stub = SoapStub(target, written, author)
        self._stubs.append(stub)
        return stub

    def _read_type(self, object_type: str, written: str) -> tuple[str, str | None]:
        rows = _ROWS_OF.fullmatch(object_type)
        named, key = (rows[1], rows[2].strip()) if rows else (object_type, None)
        kind = self.catalogue.soap_pairs.spell(named)
        known = self.catalogue.soap_pairs.object_types
        if kind not in known:
            raise ConfigError(
                f'{written}: unknown object type "{object_type}".{did_you_mean(kind, known)}'
                " A type that the catalogue lacks needs a row [[soap]] in mcscopes.toml."
            )
        return kind, key


def _check_where(where: object, written: str) -> None:
    if where is None:
        return
    if not isinstance(where, Mapping):
        raise ConfigError(
            f"{written}: where is a mapping of properties to values. Write"
            ' where={"SubscriberKey": "a"}.'
        )
    to_wire("", where, f"{written}: where")


def _call_of(asked: Asked, object_type: str) -> SoapCall:
    """Put a call into Python's values, by what is known of its object type."""
    kind = _HOLDERS.get(asked.operation, object_type)
    return SoapCall(
        operation=asked.operation,
        object_type=asked.object_type,
        data_extension=asked.data_extension,
        properties=asked.properties,
        filter=asked.filter,
        values=from_wire(kind, asked.values),
        action=asked.action,
        upsert=asked.upsert,
        continues=asked.continues,
    )


def _meets(where: Row | None, asked: Asked, call: SoapCall) -> bool:
    if where is None:
        return True
    if asked.operation != "Retrieve":
        return all(
            name in call.values and _has(value, call.values[name], asked.values[name])
            for name, value in where.items()
        )
    sought = _sought(asked.filter)
    return (
        sought is not None
        and sought.keys() == where.keys()
        and all(_seeks(value, sought[name]) for name, value in where.items())
    )


def _has(wanted: object, read: object, sent: object) -> bool:
    return read == wanted or (isinstance(sent, str) and _is_spelt(wanted, sent))


def _sought(filter_: Filter | None) -> dict[str, tuple[str, ...]] | None:
    """Read a filter as property -> values; None: it says something else."""
    match filter_:
        case None:
            return {}
        case SimpleFilter(operator="equals" | "IN", property=name, values=values):
            return {name: values}
        case ComplexFilter(operator="AND", operands=operands):
            sides = [_sought(each) for each in operands]
            found = [pair for side in sides if side is not None for pair in side.items()]
            whole = None not in sides and len(dict(found)) == len(found)
            return dict(found) if whole else None
    return None


def _seeks(wanted: object, sought: Sequence[str]) -> bool:
    values = wanted if isinstance(wanted, list | tuple) else [wanted]
    fits = all(any(_is_spelt(each, text) for text in sought) for each in values)
    return fits and len(values) == len(sought)


def _is_spelt(value: object, text: str) -> bool:
    """Tell whether a text stands for a value; times and truth have several spellings."""
    match value:
        case bool():
            return text.casefold() in ({"true", "1"} if value else {"false", "0"})
        case datetime():
            return _read_time(text) == value
        case list() | tuple() | Mapping():
            return False
    return spell(value, "where") == text


def _read_time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
