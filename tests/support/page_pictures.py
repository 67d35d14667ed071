"""The picture of a review in docs/, of an example of the project.

What it shows as words stands in the picture's file too, so that tests/pages/test_picture.py can
tell whether the page says the same today. It draws the picture anew each time, and says where.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from guides import ROOT

from pytest_mcscopes.catalogue.catalogue import load_catalogue
from pytest_mcscopes.evidence.gate import check_suite
from pytest_mcscopes.evidence.read_file import read_data_file
from pytest_mcscopes.evidence.read_suite import read_suite
from pytest_mcscopes.report.model import Report
from pytest_mcscopes.report.review_pack import write_review_page
from pytest_mcscopes.settings.manifest import read_manifest
from pytest_mcscopes.settings.manifest_file import open_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

REVIEW = ROOT / "docs" / "pictures" / "review.png"
MANIFEST = """\
[[package]]
name = "integration"
type = "server-to-server"
scopes = [
    "automations_execute",
    "automations_read",
    "data_extensions_read",
    "data_extensions_write",
    "email_read",
    "email_send",
    "list_and_subscribers_write",
]

[[package.exception]]
scope = "automations_execute"
reason = "the nightly import, whose tests come next month"
owner = "ada@example.com"
expires = 2099-01-31
"""
"""What the package of the example is assigned, as a manifest says it: a little too much."""
_PLUGINS = ("-p", "anyio", "-p", "respx", "-p", "pytest_mcscopes.plugin")
_WIDTH = 1000
_TOP_ALONE = """
const rest = ".skip, nav, footer, #relaxed, #words, .part:nth-of-type(n + 3)";
for (const each of document.querySelectorAll(rest)) each.remove();
"""
_KEYWORD = b"Comment"
_LAST = 12
"""Bytes of the chunk that ends a PNG."""


def review_of_example(folder: Path) -> str:
    """Run the example in a folder, and write the review of it; nothing of the day is in it."""
    shutil.copytree(ROOT / "examples" / "shop", folder / "shop")
    (folder / "mcscopes.toml").write_text(MANIFEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    shutil.copy(ROOT / "examples" / "conftest.py", folder)
    command = [sys.executable, "-m", "pytest", "-q", *_PLUGINS, "--mc-data"]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=folder, env=alone, check=True, capture_output=True)
    (file,) = folder.glob(".mcscopes/*.jsonl")
    data = read_data_file(file)
    day = "2026-11-28"
    run = data.run | {
        "project": "shop",
        "commit": "9f3c2d7a8b1e",
        "ended": f"{day}T12:00:00+00:00",
        "ci_run": "https://ci.example.com/shop/runs/42",
        "versions": data.run["versions"] | {"mcscopes": "0.1.0", "catalogue": day},
    }
    catalogue = load_catalogue()
    manifest = read_manifest(open_manifest(folder / "mcscopes.toml"), catalogue)
    packages = [replace(each, file="mcscopes.toml") for each in manifest.packages]
    suite = read_suite(data.records())
    result = check_suite(run, suite, packages, today=date.fromisoformat(day))
    report = Report(run=run, suite=suite, gate=result)
    return write_review_page(report, manifest=packages, catalogue=catalogue)


def draw_review(browser: Browser, html: str) -> bytes:
    """Draw the top of a review, with its words in the file."""
    page = browser.new_page(viewport={"width": _WIDTH, "height": 400}, color_scheme="light")
    page.set_content(html)
    page.evaluate(_TOP_ALONE)
    words: str = page.inner_text("body")
    picture = page.screenshot(full_page=True)
    page.close()
    return add_words(picture, words)


def add_words(picture: bytes, words: str) -> bytes:
    """Put words into a PNG, as a comment of its own before the end."""
    content = b"tEXt" + _KEYWORD + b"\0" + " ".join(words.split()).encode("ascii")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    return picture[:-_LAST] + chunk + picture[-_LAST:]


def words_in(picture: bytes) -> str:
    """Read the words of a PNG; empty where it has none."""
    _, _, rest = picture.partition(b"tEXt" + _KEYWORD + b"\0")
    length = int.from_bytes(picture[-len(rest) - len(_KEYWORD) - 9 :][:4]) if rest else 0
    return rest[: max(length - len(_KEYWORD) - 1, 0)].decode("ascii")
