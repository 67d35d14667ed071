"""Hostile SOAP bodies: refused in little time and memory, and nothing is fetched for them.

Each is read in a process of its own: by us, by a whole server of ours, and by a
parser that is made soft on purpose. The same checks judge all, so that they are
seen to fail.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import pytest

import pytest_mcscopes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="only Linux tells a process's own peak of memory"
)

CANARY = "CanaryOfWhatMustNotBeRead"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
PARTNER = "http://exacttarget.com/wsdl/partnerAPI"

# What the processes do; each is forked, as to load all takes a quarter of a second. Its memory is
# counted from what it holds when idle, with the body, to its highest: /proc tells both, of this
# process only. Its time is its own as well: what else the machine does must not turn a test red.
READERS = """
import gzip, io, json, os, pathlib, re, resource, sys, time, urllib.request
import xml.sax.expatreader, xml.sax.handler
from xml.etree import ElementInclude, ElementTree
from lxml import etree
from pytest_mcscopes.cloud.soap.envelope import EnvelopeError, read_envelope
from pytest_mcscopes.cloud.soap.xml import XmlRefused

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

def megabytes(name):
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(name)).split()[1]) / 1024

def ours(body, coding):
    try:
        return "read", repr(read_envelope(body, "text/xml", coding, 1 << 20))
    except (EnvelopeError, XmlRefused) as refused:
        return "refused", refused.reason

def soft(body, coding):
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False,
                             huge_tree=True, recover=True)
    root = etree.fromstring(gzip.decompress(body) if coding else body, parser)
    root.getroottree().xinclude()
    return "read", "".join(root.itertext())

class Text(xml.sax.handler.ContentHandler):
    def __init__(self): self.pieces = []
    def characters(self, text): self.pieces.append(text)

def sax(body, _):
    parser, text = xml.sax.make_parser(), Text()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(text)
    parser.parse(io.BytesIO(body))
    return "read", "".join(text.pieces)

def including(body, _):
    def load(where, *_):
        return urllib.request.urlopen(where).read().decode()
    root = ElementTree.fromstring(body)
    ElementInclude.include(root, load)
    return "read", "".join(root.itertext())

def expanding(body, _):
    text = body.decode()
    entities = dict(re.findall('<!ENTITY (a[0-9]*) "([^"]*)">', text))
    while "&" in text:
        text = re.sub("&(a[0-9]*);", lambda found: entities[found[1]], text)
    return "read", text

def guessing(body, _):
    texts = (body.decode(coding, "replace") for coding in ("utf-8", "cp500"))
    text = next(text for text in texts if text.startswith("<"))
    return "read", "".join(etree.fromstring(text.partition("?>")[2]).itertext())

def comparing(body, _):
    seen, end = [], time.process_time() + 1.1  # It would take minutes.
    for name in re.findall(b"a[0-9]+", body):
        if time.process_time() < end and name not in seen:
            seen.append(name)
    return "read", ""

def read(reader, coding, file):
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    body = pathlib.Path(file).read_bytes()
    idle, began = megabytes("VmRSS"), time.process_time()
    outcome, told = globals()[reader](body, coding)
    seconds, more = time.process_time() - began, megabytes("VmHWM") - idle
    return [outcome, "CanaryOf" in told, seconds, more, told[:200]]

while line := sys.stdin.readline():
    if os.fork() == 0:
        print(json.dumps(read(*json.loads(line))), flush=True)
        os._exit(0)
    if os.wait()[1]:
        print(flush=True)
"""

# Tenants at ports, each in a process of its own: forked, as to load all takes half a second.
# It counts from when it has answered a first call, and so holds what an idle one
# does, to when it has answered the hostile one and a last.
SERVERS = """
import json, os, resource, sys, time
from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.cloud.soap import exchange
from pytest_mcscopes.config import Config, PackageConfig
from pytest_mcscopes.tenant.core import TenantCore
from pytest_mcscopes.transport.loopback.server import Loopback

resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

def megabytes(name):
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith(name)).split()[1]) / 1024

def serve():
    catalogue, errors = load_catalogue(), []
    tenant = TenantCore(Config(), (PackageConfig(),), 1, catalogue)
    ports = Loopback(lambda _, error: errors.append(repr(error)))
    print(ports.open(tenant).soap_url, flush=True)
    sys.stdin.readline()
    idle, began = megabytes("VmRSS"), time.process_time()
    print("counting", flush=True)
    sys.stdin.readline()
    seconds, more = time.process_time() - began, megabytes("VmHWM") - idle
    ports.shutdown()
    answered = [entry.answered for entry in tenant.ledger.entries]
    print(json.dumps([seconds, more, answered, errors]), flush=True)

while sys.stdin.readline():
    if os.fork() == 0:
        serve()
        os._exit(0)
    os.wait()
"""


class World(NamedTuple):
    """What a document could reach."""

    secret: Path
    url: str
    fetched: list[str]


class Outside(BaseHTTPRequestHandler):
    def __init__(self, fetched: list[str], *args: object) -> None:
        self.fetched = fetched
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.fetched.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(CANARY.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A secret file, and a server that writes down who asked it."""
    secret = tmp_path / "secret"
    secret.write_text(CANARY)
    fetched: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Outside, fetched)) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield World(secret, f"http://127.0.0.1:{server.server_port}", fetched)
        server.shutdown()
        thread.join()


def envelope(value: str = "Email", *, prolog: str = "", header: str = "", names: str = "") -> str:
    """Write a call that nothing is wrong with, but for what the caller puts in."""
    return (
        f'{prolog}<e:Envelope xmlns:e="{SOAP}"><e:Header>{header}</e:Header><e:Body>'
        f'<RetrieveRequestMsg xmlns="{PARTNER}" {names}><RetrieveRequest>'
        f"<ObjectType>{value}</ObjectType></RetrieveRequest></RetrieveRequestMsg></e:Body></e:Envelope>"
    )


def dtd(declarations: str, value: str = "Email") -> str:
    return envelope(value, prolog=f"<!DOCTYPE e:Envelope [{declarations}]>")


def nested_entities(_: World) -> str:
    of = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 7)]
    return dtd(f'<!ENTITY a0 "{"x" * 100}">{"".join(of)}', "&a6;")


def quadratic_entities(_: World) -> str:
    return dtd(f'<!ENTITY a "{"x" * 50_000}">', "&a;" * 2_000)


def file_entity(world: World) -> str:
    return dtd(f'<!ENTITY a SYSTEM "{world.secret.as_uri()}">', "&a;")


def http_entity(world: World) -> str:
    return dtd(f'<!ENTITY a SYSTEM "{world.url}/entity">', "&a;")


def parameter_entity(world: World) -> str:
    return dtd(f'<!ENTITY % a SYSTEM "{world.url}/parameter"> %a;')


def external_dtd(world: World) -> str:
    return envelope(prolog=f'<!DOCTYPE e:Envelope SYSTEM "{world.url}/dtd">')


def internal_dtd(_: World) -> str:
    return dtd("<!ELEMENT a ANY>")


def include(where: str) -> str:
    xi = "http://www.w3.org/2001/XInclude"
    return f'<xi:include xmlns:xi="{xi}" href="{where}" parse="text"/>'


def xinclude_file(world: World) -> str:
    return envelope(header=include(world.secret.as_uri()))


def xinclude_http(world: World) -> str:
    return envelope(header=include(f"{world.url}/include"))


def xinclude_in_message(world: World) -> str:
    return envelope(f"Email{include(world.secret.as_uri())}")


def levels(count: int, _: World) -> str:
    return envelope("<a>" * count + "</a>" * count)


def elements(count: int, _: World) -> str:
    return envelope("<a/>" * count)


def attributes(_: World) -> str:
    return envelope(names=" ".join(f'a{n}=""' for n in range(100_000)))


def namespaces(_: World) -> str:
    return envelope(names=" ".join(f'xmlns:a{n}="u"' for n in range(20_000)))


def long_text(_: World) -> str:
    return envelope("x" * 9_000_000)


def packed(_: World) -> bytes:
    return gzip.compress(envelope("x" * 100_000_000).encode(), compresslevel=1)


def encoded(encoding: str, declared: str, _: World) -> bytes:
    text = envelope("É", prolog=f'<?xml version="1.0" encoding="{declared}"?>')
    return text.encode(encoding)


def nul(_: World) -> str:
    return envelope("Email\0")


def truncated(_: World) -> str:
    return envelope().partition("</e:Body>")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A document, and what is wrong with reading it softly."""

    document: Callable[[World], str | bytes]
    coding: str = ""
    ignored: bool = False
    """Whether the call is read and its hostile part is not."""
    soft: str = "soft"
    """The reader that is soft in this."""
    wrongs: set[str] = field(default_factory=lambda: {"was read"})
    """What this reader does wrong, at the least."""


LARGE = {"was read", "large"}
TOLD = {"was read", "told"}
FETCHED = {"was read", "fetched"}

DOCUMENTS = {
    "nested entities": Hostile(document=nested_entities, soft="expanding", wrongs=LARGE),
    "quadratic entities": Hostile(document=quadratic_entities, soft="expanding", wrongs=LARGE),
    "external entity, file": Hostile(document=file_entity, wrongs=TOLD),
    "external entity, http": Hostile(document=http_entity, soft="sax", wrongs=TOLD | FETCHED),
    "parameter entity": Hostile(document=parameter_entity, soft="sax", wrongs=FETCHED),
    "external DTD": Hostile(document=external_dtd, soft="sax", wrongs=FETCHED),
    "internal DTD": Hostile(document=internal_dtd),
    "XInclude, file": Hostile(document=xinclude_file, ignored=True, wrongs={"told"}),
    "XInclude, http": Hostile(
        document=xinclude_http, ignored=True, soft="including", wrongs={"fetched", "told"}
    ),
    "XInclude in the message": Hostile(document=xinclude_in_message, wrongs=TOLD),
    "500,000 levels": Hostile(document=partial(levels, 500_000), soft="sax", wrongs=LARGE),
    "140,000 levels": Hostile(document=partial(levels, 140_000), soft="sax"),
    "1,000,000 elements": Hostile(document=partial(elements, 1_000_000), wrongs=LARGE),
    "250,000 elements": Hostile(document=partial(elements, 250_000)),
    "100,000 attributes": Hostile(
        document=attributes, soft="comparing", wrongs={"was read", "slow"}
    ),
    "20,000 namespaces": Hostile(document=namespaces),
    "9 MB of text": Hostile(document=long_text),
    "gzip bomb": Hostile(document=packed, coding="gzip", wrongs=LARGE),
    "Latin 1": Hostile(document=partial(encoded, "iso-8859-1", "iso-8859-1")),
    "UTF-7": Hostile(document=partial(encoded, "utf-7", "UTF-7")),
    "UTF-32": Hostile(document=partial(encoded, "utf-32", "UTF-32")),
    "EBCDIC": Hostile(document=partial(encoded, "cp500", "IBM500"), soft="guessing"),
    "declared UTF-16, sent UTF-8": Hostile(
        document=partial(encoded, "utf-8", "UTF-16"), soft="guessing"
    ),
    "declared UTF-8, sent Latin 1": Hostile(document=partial(encoded, "iso-8859-1", "UTF-8")),
    "NUL": Hostile(document=nul),
    "truncated": Hostile(document=truncated),
}
EACH = pytest.mark.parametrize("hostile", DOCUMENTS.values(), ids=DOCUMENTS)


class Forks:
    """A process that forks one after the other: says a word to the one that runs, or to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, word: str) -> str:
        """Say a word, and give the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(word, file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()


@contextmanager
def running(program: str) -> Iterator[Forks]:
    """Run a program that forks."""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Forks(process)


@pytest.fixture(scope="module")
def readers() -> Iterator[Forks]:
    """Readers of documents, in processes of their own."""
    with running(READERS) as forks:
        yield forks


@pytest.fixture(scope="module")
def servers() -> Iterator[Forks]:
    """Tenants at ports, in processes of their own."""
    with running(SERVERS) as forks:
        yield forks


class Seen(NamedTuple):
    """What a process did with a document."""

    outcome: str
    told: bool
    """Whether it told the secret."""
    seconds: float
    megabytes: float
    said: str


def wrongs_of(reader: str, hostile: Hostile, world: World, readers: Forks) -> set[str]:
    """Have a document read in a new process; tell what went wrong in that."""
    body = world.secret.with_name("body")
    body.write_bytes(bytes_of(hostile, world))
    seen = readers.say(json.dumps([reader, hostile.coding, str(body)]))
    assert seen, "it ended by an error, or by the limit of its time"
    return judge(Seen(*json.loads(seen)), hostile, world)


def bytes_of(hostile: Hostile, world: World) -> bytes:
    document = hostile.document(world)
    return document if isinstance(document, bytes) else document.encode()


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(pytest_mcscopes.__file__).parent.parent)}


def judge(seen: Seen, hostile: Hostile, world: World) -> set[str]:
    """Tell what went wrong."""
    print(seen)  # noqa: T201 - shown on failure
    found = {
        "was read": seen.outcome == "read" and not hostile.ignored,
        "was refused": seen.outcome == "refused" and hostile.ignored,
        "told": seen.told,
        "fetched": bool(world.fetched),
        "slow": seen.seconds > 1,
        "large": seen.megabytes > 50,
    }
    return {wrong for wrong, there in found.items() if there}


def post(soap_url: str, body: bytes, coding: str = "") -> tuple[int, str]:
    """Send a body as a SOAP client does."""
    with closing(HTTPConnection(urlsplit(soap_url).netloc, timeout=30)) as client:
        headers = {"Content-Type": "text/xml", "Content-Encoding": coding}
        client.request("POST", "/Service.asmx", body, headers)
        answer = client.getresponse()
        return answer.status, answer.read().decode()


def outcome_of(status: int, said: str) -> str:
    """A body that is read has a call in it, which lacks a token; what else is no clear answer."""
    refused = "<faultcode>soap:Client</faultcode><faultstring>Malformed request: "
    if (status == 500 and refused in said) or (
        status in {413, 415} and said.startswith("MCSCOPES")
    ):
        return "refused"
    return "read" if (status, ">q0:Security</faultcode>" in said) == (500, True) else "unclear"


@EACH
def test_a_hostile_document_is_refused(hostile: Hostile, world: World, readers: Forks) -> None:
    """Within a second and 50 MB; no file and no URL is opened for it."""
    assert wrongs_of("ours", hostile, world, readers) == set()


@EACH
def test_a_server_refuses_a_hostile_document(
    hostile: Hostile, world: World, servers: Forks
) -> None:
    """At the same cost, by an answer that says why; and it serves the next client."""
    good = envelope().encode()
    soap_url = servers.say("serve")
    first = post(soap_url, good)
    assert servers.say("count") == "counting"
    status, said = post(soap_url, bytes_of(hostile, world), hostile.coding)
    last = post(soap_url, good)
    seconds, megabytes, answered, errors = json.loads(servers.say("end"))
    outcome = outcome_of(status, said)
    seen = Seen(outcome, CANARY in said, seconds, megabytes, said)
    assert judge(seen, hostile, world) == set()
    assert (outcome, outcome_of(*first)) == ("read" if hostile.ignored else "refused", "read")
    assert (first, errors) == (last, [])
    assert answered == [500, status, 500]


@EACH
def test_a_soft_parser_is_caught(hostile: Hostile, world: World, readers: Forks) -> None:
    """By the same checks."""
    assert wrongs_of(hostile.soft, hostile, world, readers) >= hostile.wrongs


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(200, "<soap:Envelope/>", id="no call"),
        pytest.param(413, "Entity Too Large", id="not by us"),
        pytest.param(500, "Traceback", id="a bug"),
        pytest.param(0, "", id="no answer"),
    ],
)
def test_an_unclear_answer_is_caught(status: int, said: str) -> None:
    assert outcome_of(status, said) == "unclear"
