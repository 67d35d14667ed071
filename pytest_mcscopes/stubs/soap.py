"""The test's own answers to SOAP calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..arguments.calls import takes
from ..arguments.keywords import NAME, NUMBER, TEXT
from ..cloud.soap.messages import KIND, Fields, OperationName, split_object_type
from ..cloud.soap.operations import Operation, StubReply
from ..cloud.soap.python_values import row_to_wire, to_text, to_wire
from ..cloud.soap.results import WITH_ROWS, WITHOUT_STATUS, result_type
from ..errors import ConfigError
from ..ledger.ledger import Ledger
from ..words import did_you_mean
from .authors import StubAuthors
from .soap_calls import CallPattern, SoapCall, build_call

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

    Row = Mapping[str, object]


class SoapStub:
    """Answers some of the calls: with the usual answer, until `respond` or `fail` sets another."""

    def __init__(self, pattern: CallPattern, written: str, author: str = "") -> None:
        self.calls: list[SoapCall] = []
        """Those that it answered."""
        self.reply: StubReply | None = None
        self.author = author
        """The test that wrote it; empty: it is none of a test's."""
        self.pattern = pattern
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

    @takes("soap.respond")
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
        rows = self.pattern.operation in WITH_ROWS
        self.reply = self._pages(answer, more) if rows else self._members(answer, more)
        return self

    @takes("soap.fail", code=NUMBER._replace(or_none=True))
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
        operation = self.pattern.operation
        if operation in WITHOUT_STATUS:
            raise ConfigError(
                f'{self}.fail: an answer to {operation} has no status. Use fail_next("soap", ...).'
            )
        if status == "OK":
            raise ConfigError(f"{self}.fail: OK is no failure. Use respond(), or another status.")
        if code is not None and operation in WITH_ROWS:
            raise ConfigError(f"{self}.fail: an answer to {operation} has no code. Leave it out.")
        status, message = (to_text(each, f"{self}.fail") or "" for each in (status, message))
        self.reply = StubReply(status=status, code=code, message=message)
        return self

    def _pages(self, answer: object, more: Iterable[object]) -> StubReply:
        pages = [self._rows(() if answer is None else answer)]
        rest = list(more)
        if rest and all(isinstance(each, Mapping) for each in rest):
            pages.append(self._rows(rest))
        else:
            pages.extend(self._rows(each) for each in rest)
        return StubReply(pages=tuple(pages))

    def _rows(self, rows: object) -> tuple[Fields, ...]:
        if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
            raise ConfigError(
                f"{self}.respond takes a list of objects, each a mapping, got {rows!r}."
                ' Write respond([{"ID": 1}]).'
            )
        kind = self.pattern.object_type
        return tuple(row_to_wire(kind, row, f"{self}.respond") for row in rows)

    def _members(self, answer: object, more: Iterable[object]) -> StubReply:
        operation, kind = self.pattern.operation, self.pattern.object_type
        if tuple(more):
            raise ConfigError(f"{self}.respond: {operation} has no pages. Leave more= out.")
        if answer is not None and not isinstance(answer, Mapping):
            raise ConfigError(
                f"{self}.respond takes a mapping with members of the result, got {answer!r}."
                ' Write respond({"StatusMessage": "Done"}).'
            )
        members = dict(answer or {})
        if isinstance(members.get("Object"), Mapping):
            members["Object"] = {KIND: kind, **members["Object"]}
        return StubReply(members=to_wire(result_type(operation, kind), members, f"{self}.respond"))


class SoapStubs:
    """The stubs of one SOAP host; the first that matches a call answers it, as with respx.

    They are asked for permitted calls only; a call that no stub matches is answered
    OK, a Retrieve without objects.
    """

    def __init__(self, catalogue: Catalogue, authors: StubAuthors | None = None) -> None:
        self._pairs = catalogue.soap_pairs
        self._authors = authors or StubAuthors(Ledger())
        self._stubs: list[SoapStub] = []
        self._calls: list[SoapCall] = []

    @property
    def calls(self) -> tuple[SoapCall, ...]:
        """The calls that were allowed, in order of arrival, stubbed or not."""
        return tuple(self._calls)

    @takes("soap.retrieve", object_type=NAME)
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

    @takes("soap.create", object_type=NAME)
    def create(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub a Create; `where` names properties that the object must have, with their values."""
        return self._stub("Create", object_type, where)

    @takes("soap.update", object_type=NAME)
    def update(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub an Update; `where` is as for `create`."""
        return self._stub("Update", object_type, where)

    @takes("soap.delete", object_type=NAME)
    def delete(self, object_type: str, *, where: Row | None = None) -> SoapStub:
        """Stub a Delete; `where` is as for `create`."""
        return self._stub("Delete", object_type, where)

    @takes("soap.perform", object_type=NAME, action=TEXT)
    def perform(
        self, object_type: str, action: str | None = None, *, where: Row | None = None
    ) -> SoapStub:
        """Stub a Perform of any action, or of one, as `start`; `where` is as for `create`."""
        return self._stub("Perform", object_type, where, action)

    @takes("soap.schedule", object_type=NAME, action=TEXT)
    def schedule(
        self, object_type: str, action: str | None = None, *, where: Row | None = None
    ) -> SoapStub:
        """Stub a Schedule; `action` and `where` are as for `perform`."""
        return self._stub("Schedule", object_type, where, action)

    @takes("soap.describe", object_type=NAME)
    def describe(self, object_type: str) -> SoapStub:
        """Stub a Describe."""
        return self._stub("Describe", object_type)

    @takes("soap.query", object_type=NAME)
    def query(self, object_type: str) -> SoapStub:
        """Stub a Query."""
        return self._stub("Query", object_type)

    @takes("soap.execute", name=NAME)
    def execute(self, name: str) -> SoapStub:
        """Stub an Execute of this name, as `LogUnsubEvent`."""
        return self._add(CallPattern("Execute", name), f'soap.execute("{name}")')

    @takes("soap.extract")
    def extract(self) -> SoapStub:
        """Stub every Extract."""
        return self._add(CallPattern("Extract", ""), "soap.extract()")

    @takes("soap.configure")
    def configure(self) -> SoapStub:
        """Stub every Configure."""
        return self._add(CallPattern("Configure", ""), "soap.configure()")

    @takes("soap.version_info")
    def version_info(self) -> SoapStub:
        """Stub VersionInfo."""
        return self._add(CallPattern("VersionInfo", ""), "soap.version_info()")

    @takes("soap.get_system_status")
    def get_system_status(self) -> SoapStub:
        """Stub GetSystemStatus."""
        return self._add(CallPattern("GetSystemStatus", ""), "soap.get_system_status()")

    @takes("soap.assert_all_called")
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

    @takes("soap.reset")
    def reset(self) -> None:
        """Forget the calls so far, and keep the stubs."""
        self._calls.clear()
        for stub in self._stubs:
            stub.calls.clear()

    @takes("soap.clear")
    def clear(self) -> None:
        """Forget the calls so far, and the stubs too."""
        self._calls.clear()
        self._stubs.clear()

    def answer(self, operation: Operation) -> StubReply | None:
        """Record a call, and answer it as the first stub does that matches it."""
        call = build_call(operation, self._pairs.spell(operation.object_type))
        self._calls.append(call)
        if call.continues:
            return None
        for stub in self._stubs:
            if stub.pattern.matches(operation, call):
                stub.calls.append(call)
                what = f"SOAP {call.object_type} {call.operation}"
                self._authors.answered(stub.author, what, soap=True)
                return stub.reply
        return None

    def _stub(
        self,
        operation: OperationName,
        object_type: str,
        where: Row | None = None,
        action: str | None = None,
    ) -> SoapStub:
        arguments = [f'"{object_type}"', *([] if action is None else [f'"{action}"'])]
        arguments += [] if where is None else [f"where={where!r}"]
        written = f"soap.{operation.lower()}({', '.join(arguments)})"
        kind, key = self._read_type(object_type, written)
        _check_where(where, written)
        return self._add(CallPattern(operation, kind, key, where, action), written)

    def _add(self, pattern: CallPattern, written: str) -> SoapStub:
        stub = SoapStub(pattern, written, self._authors.author())
        self._stubs.append(stub)
        return stub

    def _read_type(self, object_type: str, written: str) -> tuple[str, str | None]:
        name, key = split_object_type(object_type)
        kind = self._pairs.spell(name)
        known = self._pairs.object_types
        if kind not in known or key == "":
            raise ConfigError(
                f'{written}: unknown object type "{object_type}".{did_you_mean(kind, known)}'
                " A type that the catalogue lacks needs an entry [[soap]] in mcscopes.toml."
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
