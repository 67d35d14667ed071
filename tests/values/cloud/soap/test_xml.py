"""XML bodies: what is read, and what is refused, and how."""

from __future__ import annotations

import codecs
import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pytest_mcscopes.cloud.soap.xml import Element, Name, XmlRefused, read_document

XSI = "http://www.w3.org/2001/XMLSchema-instance"
CANARY = "eyJ0b2tlbiI--Canary"
MIB = 1024 * 1024


def read(body: bytes, charset: str | None = None, max_bytes: int = MIB) -> Element:
    return read_document(body, max_bytes, charset)


def refusal(body: bytes, charset: str | None = None, max_bytes: int = MIB) -> tuple[str, str]:
    with pytest.raises(XmlRefused) as refused:
        read(body, charset, max_bytes)
    assert str(refused.value) == refused.value.reason
    return refused.value.kind, refused.value.reason


def test_a_document_becomes_a_tree() -> None:
    """Names by namespace, text by element, attributes only where we know them."""
    body = f'<a xmlns="urn:a" xmlns:i="{XSI}"><b i:nil="true" c="d"/><e> f </e></a>'
    assert read(body.encode()) == Element(
        name=Name("urn:a", "a"),
        children=(
            Element(name=Name("urn:a", "b"), nil=True),
            Element(name=Name("urn:a", "e"), text=" f "),
        ),
    )


def test_text_is_not_shown() -> None:
    """It may be a token."""
    tree = read(f"<a>{CANARY}</a>".encode())
    assert tree.text == CANARY
    assert CANARY not in repr(tree)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param("<a>x&lt;&#65;</a>", "x<A", id="references"),
        pytest.param("<a>x<!-- no -->y</a>", "xy", id="comment"),
        pytest.param("<a>x<?no?>y</a>", "xy", id="processing instruction"),
        pytest.param("<a>x<![CDATA[<!DOCTYPE y>]]>z</a>", "x<!DOCTYPE y>z", id="CDATA"),
        pytest.param("<?xml version='1.0'?>\n<!-- <!DOCTYPE no> -->\n<a>x</a>", "x", id="prolog"),
        pytest.param("<a>x</a>\n<!-- end -->\n", "x", id="after the end"),
        pytest.param("<a/>", "", id="four bytes"),
        pytest.param("<a>x" + "ž" * 40_000 + "</a>", "x" + "ž" * 40_000, id="many pieces"),
    ],
)
def test_text_is_read_whole(body: str, text: str) -> None:
    """Nothing in between cuts it short, so that nobody sees less than was sent."""
    assert read(body.encode()).text == text


@pytest.mark.parametrize(
    ("attributes", "said", "name"),
    [
        pytest.param('xmlns:p="urn:p"', "p:T", Name("urn:p", "T"), id="prefix"),
        pytest.param('xmlns:p="urn:p"', " p:T ", Name("urn:p", "T"), id="spaces"),
        pytest.param('xmlns:q="urn:q"', "o:T", Name("urn:outer", "T"), id="prefix from outside"),
        pytest.param('xmlns:o="urn:inner"', "o:T", Name("urn:inner", "T"), id="inner prefix wins"),
        pytest.param("", "T", Name("urn:default", "T"), id="default namespace"),
        pytest.param('xmlns=""', "T", Name("", "T"), id="default namespace taken back"),
    ],
)
def test_a_type_is_resolved_by_namespace(attributes: str, said: str, name: Name) -> None:
    """`xsi:type` means what its prefix means there, whatever it is called."""
    sibling = '<s xmlns="urn:no" xmlns:p="urn:no" xmlns:o="urn:no"/>'
    body = f"""<r xmlns="urn:default" xmlns:o="urn:outer" xmlns:i="{XSI}">
        {sibling}<e {attributes} i:type="{said}"/>{sibling}</r>"""
    assert read(body.encode()).children[1].type == name


def test_without_namespaces_a_type_has_none() -> None:
    assert read(f'<i:e xmlns:i="{XSI}" i:type="T"/>'.encode()).type == Name("", "T")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(f'<r xmlns:i="{XSI}"><e i:type="p:T"/></r>', id="never declared"),
        pytest.param(
            f'<r xmlns:i="{XSI}"><e xmlns:p="urn:p"/><e i:type="p:T"/></r>', id="no longer declared"
        ),
    ],
)
def test_an_unknown_prefix_of_a_type_is_refused(body: str) -> None:
    """As an unknown prefix of an element is."""
    assert refusal(body.encode()) == ("syntax", 'xsi:type="p:T": nothing declares that prefix')


@pytest.mark.parametrize("declared", ["", "<?xml version='1.0'?>"])
@pytest.mark.parametrize(
    ("coding", "mark", "charset"),
    [
        pytest.param("utf-8", b"", None, id="UTF-8"),
        pytest.param("utf-8", b"", "UTF-8", id="UTF-8, said"),
        pytest.param("utf-8", codecs.BOM_UTF8, "utf8", id="UTF-8, marked"),
        pytest.param("utf-16-le", codecs.BOM_UTF16_LE, None, id="UTF-16, little end"),
        pytest.param("utf-16-be", codecs.BOM_UTF16_BE, "utf-16", id="UTF-16, big end"),
        pytest.param("utf-16-le", b"", "utf-16le", id="UTF-16, little end, unmarked"),
        pytest.param("utf-16-be", b"", None, id="UTF-16, big end, unmarked"),
    ],
)
def test_encodings(coding: str, mark: bytes, charset: str | None, declared: str) -> None:
    """UTF-8 and UTF-16 are read, by what the body begins with."""
    assert read(mark + f"{declared}<a>žluť 😀</a>".encode(coding), charset).text == "žluť 😀"


@pytest.mark.parametrize("declared", ["utf-16", "UTF-16"])
def test_a_declared_encoding_that_is_true(declared: str) -> None:
    body = f'<?xml version="1.0" encoding="{declared}" standalone="yes"?><a>ž</a>'
    assert read(body.encode("utf-16")).text == "ž"


@pytest.mark.parametrize("name", ["us-ascii", "US-ASCII", "ascii"])
def test_ascii_is_what_it_says(name: str) -> None:
    """`ElementTree.tostring` declares it, and spells the rest as references."""
    body = f"<?xml version='1.0' encoding='{name}'?><a>&#382;</a>".encode()
    assert read(body, name).text == "ž"


SAY_SO = "send UTF-8 or UTF-16, and say so"


@pytest.mark.parametrize(
    ("body", "charset", "kind", "reason"),
    [
        pytest.param(
            b"<a/>",
            "utf-16",
            "type",
            f'the body is UTF-8, and its Content-Type says "utf-16": {SAY_SO}',
            id="header says UTF-16",
        ),
        pytest.param(
            "<a>ž</a>".encode(),
            "us-ascii",
            "type",
            f'the body is UTF-8, and its Content-Type says "us-ascii": {SAY_SO}',
            id="ASCII that is none",
        ),
        pytest.param(
            "<a/>".encode("utf-16-le"),
            "us-ascii",
            "type",
            f'the body is UTF-16-LE, and its Content-Type says "us-ascii": {SAY_SO}',
            id="UTF-16 of ASCII letters",
        ),
        pytest.param(
            "<a/>".encode("utf-16-le"),
            "utf-16be",
            "type",
            f'the body is UTF-16-LE, and its Content-Type says "utf-16be": {SAY_SO}',
            id="the other end",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="utf-16"?><a/>',
            "utf-8",
            "type",
            f'the body is UTF-8, and its XML declaration says "utf-16": {SAY_SO}',
            id="declaration says UTF-16",
        ),
        pytest.param(
            codecs.BOM_UTF8 + b"<?xml version='1.0'  encoding = 'iso-8859-1' ?><a/>",
            None,
            "type",
            f'the body is UTF-8, and its XML declaration says "iso-8859-1": {SAY_SO}',
            id="Latin 1, declared",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="UTF-7"?>+ADw-a/+AD4-',
            None,
            "type",
            f'the body is UTF-8, and its XML declaration says "UTF-7": {SAY_SO}',
            id="UTF-7",
        ),
        pytest.param(
            "<a>ž</a>".encode("iso-8859-2"),
            None,
            "syntax",
            "the body is not UTF-8: send UTF-8",
            id="Latin 2",
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + b"<\0a",
            None,
            "syntax",
            "the body is not UTF-16-LE: send UTF-8",
            id="half a character",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="cp037"?><a/>'.encode("cp037"),
            None,
            "syntax",
            "the body is not UTF-8: send UTF-8",
            id="EBCDIC",
        ),
        pytest.param(
            gzip.compress(b"<a/>"),
            None,
            "syntax",
            "the body is not UTF-8: send UTF-8",
            id="gzip that nothing announces",
        ),
        pytest.param(
            "<a/>".encode("utf-32"),
            None,
            "syntax",
            "the body has a NUL character: send UTF-8",
            id="UTF-32",
        ),
        pytest.param(
            b"<a>\0</a>", None, "syntax", "the body has a NUL character: send UTF-8", id="NUL"
        ),
    ],
)
def test_other_encodings_are_refused(
    body: bytes, charset: str | None, kind: str, reason: str
) -> None:
    """What is said must be true, and the parser never guesses."""
    assert refusal(body, charset) == (kind, reason)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param("", "it has no element", id="empty"),
        pytest.param("text", "Start tag expected, '<' not found (line 1, column 1)", id="text"),
        pytest.param(
            "<a>\n<b>",
            "Premature end of data in tag b line 2 (line 2, column 4)",
            id="truncated",
        ),
        pytest.param(
            "<a>&nbsp;</a>", "Entity 'nbsp' not defined (line 1, column 10)", id="HTML's entity"
        ),
        pytest.param(
            "<p:a/>", "Namespace prefix p on a is not defined (line 1, column 5)", id="prefix"
        ),
        pytest.param(
            "\ufeff\ufeff<!DOCTYPE a><a/>",
            "Start tag expected, '<' not found (line 1, column 1)",
            id="two byte order marks",
        ),
        pytest.param(
            f"<!-- {CANARY} --><a/>",
            "Double hyphen within comment (line 1, column 17)",
            id="the document is not quoted",
        ),
    ],
)
def test_what_is_not_xml_is_refused(body: str, what: str) -> None:
    """With the parser's own words and the place."""
    assert refusal(body.encode()) == ("syntax", f"the body is not XML: {what}")


NO_DOCTYPE = ("dtd", "the body has a DOCTYPE: SOAP messages have none")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<!DOCTYPE a><a/>", id="alone"),
        pytest.param('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', id="internal"),
        pytest.param('<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', id="external"),
        pytest.param('<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///x">%x;]><a/>', id="parameter"),
        pytest.param("\ufeff<?xml version='1.0'?>\r\n<?x?><!-- y -->\t<!DOCTYPE a><a/>", id="late"),
        pytest.param("<!DOCTYPE", id="truncated"),
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le"])
def test_a_document_type_is_refused(body: str, coding: str) -> None:
    """Of whatever kind, wherever it may stand."""
    assert refusal(body.encode(coding)) == NO_DOCTYPE


PROLOG = (
    "\ufeff",
    "<?xml version='1.0'?>",
    "<?x <!-- ?>",
    "<!-- ?><a> -->",
    "<!-->",
    "<!--",
    "-->",
)
DOCTYPE = ("<!DOCTYPE a>", "<!DOCTYPE a [<!ENTITY b '<!-- c'>]>", "<!doctype a>", "<?x", "?>", " ")


@given(st.lists(st.sampled_from([*PROLOG, *DOCTYPE, "\n", "<a>", "</a>"]), max_size=6))
def test_no_document_type_is_overlooked(pieces: list[str]) -> None:
    """Wherever a parser finds a document type, we refused it; and nowhere else."""
    body = "".join([*pieces, "<a/>"]).encode()
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False)
    try:
        read(body)
        kind = ""
    except XmlRefused as refused:
        kind = refused.kind
    try:
        found = etree.fromstring(body, parser).getroottree().docinfo.internalDTD
    except etree.XMLSyntaxError:
        assert kind in {"dtd", "syntax"}
    else:
        assert kind == ("" if found is None else "dtd")


def nested(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


def attributes(count: int) -> str:
    return " ".join(f'a{number}=""' for number in range(count))


@pytest.mark.parametrize(
    ("within", "beyond", "reason"),
    [
        pytest.param(
            nested(100), nested(101), "100 levels of elements in each other", id="100 levels"
        ),
        pytest.param(
            nested(100),
            b"<a>" * 300_000,
            "100 levels of elements in each other",
            id="levels, truncated",
        ),
        pytest.param(
            b"<a>" + b"<b/>" * 49_999 + b"</a>",
            b"<a>" + b"<b/>" * 50_000 + b"</a>",
            "50000 elements in all",
            id="50,000",
        ),
        pytest.param(
            f"<a {attributes(100)}><a {attributes(100)}/></a>".encode(),
            f"<a><b {attributes(101)}/></a>".encode(),
            "100 attributes in one element",
            id="attributes",
        ),
        pytest.param(
            f'<a {attributes(99)} xmlns="urn:c"><d xmlns="" {attributes(99)}/></a>'.encode(),
            f'<a xmlns="urn:c" xmlns:d="urn:d" {attributes(99)}/>'.encode(),
            "100 attributes in one element",
            id="xmlns",
        ),
    ],
)
def test_limits(within: bytes, beyond: bytes, reason: str) -> None:
    """What reaches a limit is read, what passes it is not, though it be broken elsewhere too."""
    assert read(within).name.local == "a"
    assert refusal(beyond) == ("limit", f"the body has more than {reason}")


def test_the_size_is_limited_before_anything_is_read() -> None:
    """To that of the caller."""
    room = MIB - len("<a></a>")
    assert len(read(b"<a>" + b"x" * room + b"</a>").text) == room
    too_long = "the body has more than 1048576 bytes"
    assert refusal(b"<a>" + b"x" * (room + 1) + b"</a>") == ("size", too_long)
    assert refusal(b"\0\0", max_bytes=1) == (
        "size",
        "the body has more than 1 bytes",
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"x" * 2_000_000, 413, id="size"),
        pytest.param(b'<?xml version="1.0" encoding="latin1"?><a/>', 415, id="type"),
        pytest.param(b"<!DOCTYPE a><a/>", None, id="dtd"),
        pytest.param(nested(101), None, id="limit"),
        pytest.param(b"<a>", None, id="syntax"),
    ],
)
def test_how_a_refusal_is_answered(body: bytes, status: int | None) -> None:
    """With an HTTP status of its own, or else a SOAP fault."""
    with pytest.raises(XmlRefused) as refused:
        read(body)
    assert refused.value.status == status
