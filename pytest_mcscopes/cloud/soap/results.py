"""What the SOAP host answers in each operation's message, before it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..ids import made_up_id, made_up_number
from .messages import KIND, Fields, OperationName, Value
from .operations import Operation, StubReply
from .python_values import in_wire_order
from .wsdl import is_plain, properties_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


NOT_PERMITTED = "API Permission Failed."
DENIED = StubReply(status="Error", message=NOT_PERMITTED)
WITH_ROWS = frozenset({"Retrieve", "Query"})
"""The operations whose answers are rows."""
WITHOUT_STATUS = frozenset({"Describe", "VersionInfo"})
"""Those whose answers have no place for one."""
_MESSAGES: Mapping[OperationName, str] = {
    "Create": "CreateResponse",
    "Update": "UpdateResponse",
    "Delete": "DeleteResponse",
    "Describe": "DefinitionResponseMsg",
    "GetSystemStatus": "SystemStatusResponseMsg",
}
_RESULTS: Mapping[OperationName, str] = {
    "Describe": "ObjectDefinition",
    "Execute": "ExecuteResponse",
    "GetSystemStatus": "SystemStatusResult",
    "VersionInfo": "VersionInfoResponse",
}
# What the vendor's samples name; every other result is of the type that the WSDL says.
_NAMED_RESULTS: Mapping[tuple[OperationName, str], str] = {
    ("Create", "TriggeredSend"): "TriggeredSendCreateResult",
    ("Create", "DataExtensionObject"): "DataExtensionCreateResult",
    ("Update", "DataExtensionObject"): "DataExtensionUpdateResult",
    ("Delete", "DataExtensionObject"): "DataExtensionDeleteResult",
}
_NEVER_ECHOED = frozenset({"Password"})


class OperationResult(NamedTuple):
    """What became of one operation."""

    operation: Operation
    reply: StubReply
    """`DENIED` where the token's rights do not suffice."""


def message_of(operation: OperationName) -> str:
    """Name the one element of an answer's Body."""
    return _MESSAGES.get(operation, f"{operation}ResponseMsg")


def result_type(operation: OperationName, object_type: str) -> str:
    """Name the type of an operation's result."""
    usual = _RESULTS.get(operation, f"{operation}Result")
    return _NAMED_RESULTS.get((operation, object_type), usual)


def rows_of(reply: StubReply, request_id: str) -> Fields:
    """List what is in an answer with rows, in the order of the wire."""
    if reply.failed:
        status = f"{reply.status}: {reply.message}"
    else:
        status = "MoreDataAvailable" if len(reply.pages) > 1 else "OK"
    return {"OverallStatus": status, "RequestID": request_id, "Results": reply.pages[0]}


def results_of(
    operation: OperationName, results: Sequence[OperationResult], request_id: str
) -> Fields:
    """List what is in any other answer, in the order of the wire."""
    written = [
        _write_result(result, place, request_id)
        for place, result in enumerate(results)
        if operation not in WITHOUT_STATUS or not result.reply.failed
    ]
    status = _overall_status(results)
    match operation:
        case "Create" | "Update" | "Delete":
            return {"Results": written, "RequestID": request_id, "OverallStatus": status}
        case "Execute" | "Extract":
            return {"OverallStatus": status, "RequestID": request_id, "Results": written}
        case "Describe":
            return {"ObjectDefinition": written, "RequestID": request_id}
        case "VersionInfo":
            return {"VersionInfo": written, "RequestID": request_id}
    return {
        "Results": {"Result": written},
        "OverallStatus": status,
        "OverallStatusMessage": "",
        "RequestID": request_id,
    }


def _overall_status(results: Sequence[OperationResult]) -> str:
    """Sum up: `Has Errors` is the word that npm clients know for some of several (inferred)."""
    failed = [each.reply for each in results if each.reply.failed]
    if not failed:
        return "OK"
    if len(failed) < len(results):
        return "Has Errors"
    return f"Error: {NOT_PERMITTED}" if all(each is DENIED for each in failed) else "Error"


def _write_result(result: OperationResult, place: int, request_id: str) -> Fields:
    operation, reply = result
    kind = result_type(operation.name, operation.object_type)
    named = {KIND: kind} if kind in _NAMED_RESULTS.values() else {}
    if operation.name in WITHOUT_STATUS:
        return in_wire_order(kind, {**_usual(operation, ""), **reply.members})
    head: dict[str, Value] = {"StatusCode": reply.status, "OrdinalID": str(place)}
    if reply.failed:
        code = {} if reply.code is None else {"ErrorCode": str(reply.code)}
        return named | in_wire_order(kind, {**head, "StatusMessage": reply.message, **code})
    usual = _usual(operation, f"{request_id}/{place}")
    return named | in_wire_order(kind, {**head, **usual, **reply.members})


def _usual(operation: Operation, seed: str) -> Fields:
    """Give what a result has where the test says nothing else."""
    build = _USUAL.get(operation.name)
    return build(operation, seed) if build else {"StatusMessage": "OK"}


def _created(operation: Operation, seed: str) -> Fields:
    made = {"NewID": str(made_up_number(seed)), "NewObjectID": made_up_id(seed)}
    return {"StatusMessage": f"Created {operation.object_type}.", **made, **_echo(operation)}


def _updated(operation: Operation, _seed: str) -> Fields:
    return {"StatusMessage": f"Updated {operation.object_type}.", **_echo(operation)}


def _started(operation: Operation, seed: str) -> Fields:
    said = f"{operation.object_type} {operation.name.lower()} called successfully"
    number, key = str(made_up_number(seed)), made_up_id(seed)
    task = {"StatusCode": "OK", "StatusMessage": "OK", "ID": number, "InteractionObjectID": key}
    return {"StatusMessage": said, **_echo(operation), "Task": task}


def _described(operation: Operation, _seed: str) -> Fields:
    """Tell what our own WSDL knows of the type; clients retrieve what is said to be retrievable."""
    named = [
        {
            "Name": each.name,
            "DataType": each.type or "Array",
            "IsRetrievable": str(is_plain(each)).lower(),
        }
        for each in properties_of(operation.object_type)
    ]
    return {"ObjectType": operation.object_type, "Properties": named}


_USUAL: Mapping[OperationName, Callable[[Operation, str], Fields]] = {
    "Create": _created,
    "Update": _updated,
    "Delete": lambda *_: {"StatusMessage": "Deleted"},
    "Perform": _started,
    "Schedule": _started,
    "Describe": _described,
    "VersionInfo": lambda *_: {},
    "GetSystemStatus": lambda *_: {"StatusMessage": "OK", "SystemStatus": "OK"},
}


def _echo(operation: Operation) -> Fields:
    """Repeat the plain properties of the object, as the service does; never a password."""
    sent = operation.values
    known = (each.name for each in properties_of(operation.object_type))
    plain = {name: sent[name] for name in known if isinstance(sent.get(name), str)}
    seen = {name: value for name, value in plain.items() if name not in _NEVER_ECHOED}
    return {"Object": {KIND: operation.object_type, **seen}} if seen else {}
