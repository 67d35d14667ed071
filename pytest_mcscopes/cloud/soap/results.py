"""What the SOAP host answers in each operation's message, before it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .ids import made_up_id, made_up_number
from .messages import KIND
from .operations import Told
from .python_values import ordered
from .wsdl import is_plain, properties_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .messages import Fields, Operation, Value
    from .operations import Asked

NOT_PERMITTED = "API Permission Failed."
DENIED = Told(status="Error", message=NOT_PERMITTED)
LOOKING = frozenset({"Retrieve", "Query"})
"""The operations that give rows."""
WITHOUT_STATUS = frozenset({"Describe", "VersionInfo"})
"""Those whose answers have no place for one."""
_MESSAGES: Mapping[Operation, str] = {
    "Create": "CreateResponse",
    "Update": "UpdateResponse",
    "Delete": "DeleteResponse",
    "Describe": "DefinitionResponseMsg",
    "GetSystemStatus": "SystemStatusResponseMsg",
}
_RESULTS: Mapping[Operation, str] = {
    "Describe": "ObjectDefinition",
    "Execute": "ExecuteResponse",
    "GetSystemStatus": "SystemStatusResult",
    "VersionInfo": "VersionInfoResponse",
}
# What the vendor's samples name; every other result is of the type that the WSDL says.
_NAMED_RESULTS: Mapping[tuple[Operation, str], str] = {
    ("Create", "TriggeredSend"): "TriggeredSendCreateResult",
    ("Create", "DataExtensionObject"): "DataExtensionCreateResult",
    ("Update", "DataExtensionObject"): "DataExtensionUpdateResult",
    ("Delete", "DataExtensionObject"): "DataExtensionDeleteResult",
}
_UNSEEN = frozenset({"Password"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one thing that was asked for."""

    asked: Asked
    told: Told
    """`DENIED` where its rights do not reach."""

    @property
    def failed(self) -> bool:
        """Whether its status is no OK."""
        return self.told.status != "OK"


def message_of(operation: Operation) -> str:
    """Name the one element of an answer's Body."""
    return _MESSAGES.get(operation, f"{operation}ResponseMsg")


def result_type(operation: Operation, object_type: str) -> str:
    """Name the type of the result that a thing gets."""
    usual = _RESULTS.get(operation, f"{operation}Result")
    return _NAMED_RESULTS.get((operation, object_type), usual)


def rows_of(told: Told, request_id: str) -> Fields:
    """List what is in an answer with rows, in the order of the wire."""
    if told.status != "OK":
        status = f"{told.status}: {told.message}"
    else:
        status = "MoreDataAvailable" if len(told.pages) > 1 else "OK"
    return {"OverallStatus": status, "RequestID": request_id, "Results": told.pages[0]}


def results_of(operation: Operation, outcomes: Sequence[Outcome], request_id: str) -> Fields:
    """List what is in any other answer, in the order of the wire."""
    results = [
        _result(outcome, place, request_id)
        for place, outcome in enumerate(outcomes)
        if operation not in WITHOUT_STATUS or not outcome.failed
    ]
    return _LAYOUTS[_layout(operation)](results, _overall(outcomes), request_id)


def _overall(outcomes: Sequence[Outcome]) -> str:
    """Sum up: `Has Errors` is the word that npm clients know for some of several (inferred)."""
    failed = [each for each in outcomes if each.failed]
    if not failed:
        return "OK"
    if len(failed) < len(outcomes):
        return "Has Errors"
    return f"Error: {NOT_PERMITTED}" if all(each.told is DENIED for each in failed) else "Error"


_Layout = Literal["results first", "results last", "results in a list", "definitions", "version"]


def _layout(operation: Operation) -> _Layout:
    match operation:
        case "Create" | "Update" | "Delete":
            return "results first"
        case "Execute" | "Extract":
            return "results last"
        case "Describe":
            return "definitions"
        case "VersionInfo":
            return "version"
        case _:
            return "results in a list"


_LAYOUTS: Mapping[_Layout, Callable[[Sequence[Fields], str, str], Fields]] = {
    "results first": lambda results, status, request_id: {
        "Results": results,
        "RequestID": request_id,
        "OverallStatus": status,
    },
    "results last": lambda results, status, request_id: {
        "OverallStatus": status,
        "RequestID": request_id,
        "Results": results,
    },
    "results in a list": lambda results, status, request_id: {
        "Results": {"Result": results},
        "OverallStatus": status,
        "OverallStatusMessage": "",
        "RequestID": request_id,
    },
    "definitions": lambda results, _, request_id: {
        "ObjectDefinition": results,
        "RequestID": request_id,
    },
    "version": lambda results, _, request_id: {"VersionInfo": results, "RequestID": request_id},
}


def _result(outcome: Outcome, place: int, request_id: str) -> Fields:
    asked, told = outcome.asked, outcome.told
    kind = result_type(asked.operation, asked.object_type)
    named = {KIND: kind} if kind in _NAMED_RESULTS.values() else {}
    if asked.operation in WITHOUT_STATUS:
        return ordered(kind, {**_usual(asked, ""), **told.members})
    head: dict[str, Value] = {"StatusCode": told.status, "OrdinalID": str(place)}
    if outcome.failed:
        code = {} if told.code is None else {"ErrorCode": str(told.code)}
        return named | ordered(kind, {**head, "StatusMessage": told.message, **code})
    usual = _usual(asked, f"{request_id}/{place}")
    return named | ordered(kind, {**head, **usual, **told.members})


def _usual(asked: Asked, seed: str) -> Fields:
    """Give what a result has where the test says nothing else."""
    return _USUAL.get(asked.operation, _plain_ok)(asked, seed)


def _created(asked: Asked, seed: str) -> Fields:
    made = {"NewID": str(made_up_number(seed)), "NewObjectID": made_up_id(seed)}
    return {"StatusMessage": f"Created {asked.object_type}.", **made, **_echo(asked)}


def _updated(asked: Asked, _seed: str) -> Fields:
    return {"StatusMessage": f"Updated {asked.object_type}.", **_echo(asked)}


def _started(asked: Asked, seed: str) -> Fields:
    said = f"{asked.object_type} {asked.operation.lower()} called successfully"
    number, key = str(made_up_number(seed)), made_up_id(seed)
    task = {"StatusCode": "OK", "StatusMessage": "OK", "ID": number, "InteractionObjectID": key}
    return {"StatusMessage": said, **_echo(asked), "Task": task}


def _described(asked: Asked, _seed: str) -> Fields:
    """Tell what our own WSDL knows of the type; clients retrieve what is said to be retrievable."""
    named = [
        {
            "Name": each.name,
            "DataType": each.type or "Array",
            "IsRetrievable": str(is_plain(each)).lower(),
        }
        for each in properties_of(asked.object_type)
    ]
    return {"ObjectType": asked.object_type, "Properties": named}


def _plain_ok(_asked: Asked, _seed: str) -> Fields:
    return {"StatusMessage": "OK"}


_USUAL: Mapping[Operation, Callable[[Asked, str], Fields]] = {
    "Create": _created,
    "Update": _updated,
    "Delete": lambda *_: {"StatusMessage": "Deleted"},
    "Perform": _started,
    "Schedule": _started,
    "Describe": _described,
    "VersionInfo": lambda *_: {},
    "GetSystemStatus": lambda *_: {"StatusMessage": "OK", "SystemStatus": "OK"},
}


def _echo(asked: Asked) -> Fields:
    """Repeat the plain properties of the object, as the service does; never a password."""
    sent = asked.values
    known = (each.name for each in properties_of(asked.object_type))
    plain = {name: sent[name] for name in known if isinstance(sent.get(name), str)}
    seen = {name: value for name, value in plain.items() if name not in _UNSEEN}
    return {"Object": {KIND: asked.object_type, **seen}} if seen else {}
