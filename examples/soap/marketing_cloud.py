"""Marketing Cloud's SOAP API, as far as the check needs it: to retrieve objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

API = "http://exacttarget.com/wsdl/partnerAPI"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
AUTH = "http://exacttarget.com"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NAMES = {"api": API, "soap": SOAP}
GOOD = {"OK", "MoreDataAvailable"}


class SoapError(Exception):
    """Marketing Cloud answered, and said no."""


@dataclass(frozen=True)
class Settings:
    """Where the tenant is, and the Installed Package's credentials."""

    auth_url: str
    soap_url: str
    client_id: str
    client_secret: str = field(repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables."""
        return cls(
            auth_url=environment["MC_AUTH_URL"],
            soap_url=environment["MC_SOAP_URL"],
            client_id=environment["MC_CLIENT_ID"],
            client_secret=environment["MC_CLIENT_SECRET"],
        )


class SoapClient:
    """Retrieves objects, with one token until that has expired."""

    def __init__(self, settings: Settings, scope: str) -> None:
        self._settings = settings
        self._scope = scope
        self._http = httpx.Client()
        self._token: str | None = None

    def retrieve(
        self, object_type: str, properties: Sequence[str], where: tuple[str, str] | None = None
    ) -> Iterator[dict[str, str]]:
        """Yield the objects, page by page.

        Args:
            object_type: as `Subscriber`.
            properties: what of each object is wanted.
            where: a property and the value that it must have; None: all objects.

        Raises:
            SoapError: the answer says so. Its HTTP status is 200 all the same.
        """
        wanted = [
            element("ObjectType", object_type),
            *(element("Properties", each) for each in properties),
            *([equals(*where)] if where else []),
        ]
        while True:
            request = element("RetrieveRequest", *wanted)
            answer = self._send("Retrieve", element("RetrieveRequestMsg", request))
            status = answer.findtext(".//api:OverallStatus", "", NAMES)
            if status not in GOOD:
                raise SoapError(status)
            yield from map(read_object, answer.iterfind(".//api:Results", NAMES))
            if status == "OK":
                return
            request_id = answer.findtext(".//api:RequestID", "", NAMES)
            wanted = [element("ContinueRequest", request_id)]

    def _send(self, action: str, message: etree._Element) -> etree._Element:
        """Send a message; a token that has expired is renewed once."""
        answer = self._post(action, message, self._token or self._log_in())
        if answer.findtext(".//faultstring") == "Token Expired":
            answer = self._post(action, message, self._log_in())
        if fault := answer.findtext(".//faultstring"):
            raise SoapError(fault)
        return answer

    def _post(self, action: str, message: etree._Element, token: str) -> etree._Element:
        head = element("Header", element("fueloauth", token, namespace=AUTH), namespace=SOAP)
        body = element("Body", message, namespace=SOAP)
        envelope = element("Envelope", head, body, namespace=SOAP)
        answer = self._http.post(
            f"{self._settings.soap_url}Service.asmx",
            content=etree.tostring(envelope, encoding="utf-8", xml_declaration=True),
            headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": action},
        )
        return etree.fromstring(answer.content)

    def _log_in(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
            "scope": self._scope,
        }
        answer = self._http.post(f"{self._settings.auth_url}v2/token", json=form)
        self._token = token = str(answer.raise_for_status().json()["access_token"])
        return token


def element(name: str, *content: str | etree._Element, namespace: str = API) -> etree._Element:
    """Write an element with its text, or with the elements in it."""
    made = etree.Element(f"{{{namespace}}}{name}", nsmap=NAMES)
    for each in content:
        if isinstance(each, str):
            made.text = each
        else:
            made.append(each)
    return made


def equals(name: str, value: str) -> etree._Element:
    """Write a filter for one value of a property."""
    made = element(
        "Filter",
        element("Property", name),
        element("SimpleOperator", "equals"),
        element("Value", value),
    )
    made.set(XSI_TYPE, "api:SimpleFilterPart")
    return made


def read_object(result: etree._Element) -> dict[str, str]:
    """Read the plain members of an object, or the columns of a row."""
    columns = result.findall("api:Properties/api:Property", NAMES)
    if columns:
        return {
            each.findtext("api:Name", "", NAMES): each.findtext("api:Value", "", NAMES)
            for each in columns
        }
    return {etree.QName(each).localname: each.text or "" for each in result}
