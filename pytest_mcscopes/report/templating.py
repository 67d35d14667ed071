"""The templates of the pages, and how the values that fill them are escaped.

Whatever stands in a name or a reason is text: in HTML all is escaped, in Markdown too.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from ..cloud.fingerprints import REDACTED, redact_lookalikes
from ..cloud.tokens import redact_tokens

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).parent / "templates"
_NO_CHARACTERS = "".join(
    chr(plane | last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
)
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"  # no HTML has them
    rf"{_NO_CHARACTERS}"
    r"\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # these turn the text around them about
)
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")
_LONGEST = 1000
_MARKDOWN = re.compile(r"[\\`*\[\]<&~$|]|(?<![^\W_])_|_(?![^\W_])|^[-+#>=]")
_NUMBERED = re.compile(r"^(\d+)([.)])(?= |$)")


def sanitise(text: str) -> str:
    """Write what cannot be printed, or turns text about, as Python would; cut off at a length.

    What looks like a secret or a token is left out: a name may hold one, as of a parameter.
    """
    text = redact_lookalikes(redact_tokens(_CREDENTIALS.sub(f"{REDACTED}@", text)))
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]} ... and {len(text) - _LONGEST:,} more characters"
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


class Markdown(str):
    """A piece that is Markdown already."""

    __slots__ = ()


def write_code(text: str) -> Markdown:
    """Write a text as code, whatever ticks it holds."""
    text = " ".join(sanitise(text).split()) or " "
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return Markdown(f"{ticks}{space}{text}{space}{ticks}")


def write_link(address: str) -> Markdown:
    """Write an address that can be followed; as code where something had to be taken out of it."""
    shown = sanitise(address)
    return write_code(address) if re.search(r"[\s<>]", shown) else Markdown(f"<{shown}>")


def escape_markdown(text: str) -> str:
    """Write a text, which does not begin a line, so that nothing in it is Markdown or HTML."""
    line = _MARKDOWN.sub(lambda found: "\\" + found[0], " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", line)


def render_html(template: str, **values: object) -> str:
    """Fill a page."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with jinja2

    style = (_TEMPLATES / "style.css").read_text("utf-8").strip()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    page = _environment(markdown=False).get_template(template)
    return page.render(values, style=Markup(style), style_digest=Markup(digest)) + "\n"  # noqa: S704 - ours


def render_markdown(template: str, **values: object) -> str:
    """Fill a text of Markdown."""
    text = _environment(markdown=True).get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


@cache
def _environment(*, markdown: bool) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - for pages alone

    environment = Environment(
        autoescape=not markdown,  # noqa: S701 - Markdown has its own, `_in_markdown`
        finalize=_in_markdown if markdown else _in_html,
        loader=FileSystemLoader(_TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"code": write_code, "count": _count, "link": write_link}
    return environment


def _in_html(value: object) -> object:
    return sanitise(value) if type(value) is str else value


def _in_markdown(value: object) -> object:
    return escape_markdown(sanitise(value)) if type(value) is str else value


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
