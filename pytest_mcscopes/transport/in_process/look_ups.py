"""The guard of last resort: whatever library asks, no name of Marketing Cloud's is resolved.

The doors answer or refuse a request before its host is looked up. What comes here was
sent by a library without a door, and is refused as a name that cannot be resolved.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from ..early_guard import refuse_look_ups
from ..names import find_marketing_cloud
from . import refusals

if TYPE_CHECKING:
    from .patches import Patches
    from .reception import Reception


class LookUps:
    """Refuses to resolve names of Marketing Cloud's, by Python's own ways to do so."""

    def __init__(self, reception: Reception, patches: Patches) -> None:
        self._reception = reception
        self._patches = patches
        self.refused: dict[str, str] = {}
        """Host -> why it was refused, in the running test."""

    def put(self) -> None:
        """Be asked before the resolver is."""
        self._patches.watch(socket, "socket")  # the class may be replaced
        refuse_look_ups(self._refuse, self._patches.put)

    def _refuse(self, host: object) -> None:
        """Refuse to resolve a name of Marketing Cloud's, unless nothing is refused here.

        Raises:
            socket.gaierror: of the kind that any resolver raises for a name that nobody has.
        """
        __tracebackhide__ = True
        name = find_marketing_cloud(host)
        if not name:
            return
        try:
            self._reception.refuse_look_up(name)
        except refusals.RefusedError as refused:
            self.refused[name] = str(refused)
            raise socket.gaierror(socket.EAI_NONAME, str(refused)) from None
