"""The browser and the axe of the tests of pages, found or missed with what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from playwright.sync_api import Browser, Page, Playwright
    from reports import Annotation

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
NODE_MODULES = "MCSCOPES_NODE_MODULES"
"""The variable by which tox.ini says where npm has put axe-core."""


class MissingProgramError(Exception):
    """Something is not there that these tests cannot do without."""


def find_chromium(path: str | None = None) -> str:
    """Give the path of a chromium, on *path* or else on the machine's own."""
    found = next(filter(None, (shutil.which(name, path=path) for name in _CHROMIUM)), None)
    if found is None:
        raise MissingProgramError(
            f"no program {' or '.join(_CHROMIUM)} is installed, and these tests look at pages in"
            " one. Install it: apt-get install chromium fonts-dejavu-core"
        )
    return found


def start_chromium(playwright: Playwright) -> Browser:
    """Start it without a window."""
    # Its own sandbox needs rights that root in a container has not; the pages are ours.
    return playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])


def find_in_node_modules(path: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Give a file that npm has installed for these tests."""
    file = Path(environment.get(NODE_MODULES, ""), path)
    if not file.is_file():
        raise MissingProgramError(
            f"{file} is not there. Run these tests by tox -e pages, which installs it by npm; or"
            " once: npm install --prefix /tmp/pages axe-core html-validate@9 @actions/core@1, and"
            " always:"
            f" {NODE_MODULES}=/tmp/pages/node_modules"
        )
    return file


def read_axe() -> str:
    """Read axe-core, which looks for what some people cannot see, read or reach."""
    return find_in_node_modules("axe-core/axe.min.js").read_text(encoding="utf-8")


def validate_html(*files: Path) -> dict[Path, list[str]]:
    """List what the standard does not allow in each file; many cost hardly more than one."""
    command = find_in_node_modules("html-validate/bin/html-validate.mjs")
    run = subprocess.run(
        ["node", command, "--preset", "standard", "--formatter", "text", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode in {0, 1}, run.stderr
    assert (run.returncode == 1) == bool(run.stdout), run.stderr
    lines = run.stdout.splitlines()
    found = {file: [each for each in lines if each.startswith(f"{file}:")] for file in files}
    assert sum(map(len, found.values())) == len(lines), run.stdout
    return found


def issue_commands(commands: Iterable[Annotation]) -> str:
    """Have GitHub's own library write workflow commands."""
    library = find_in_node_modules("@actions/core/lib/command.js")
    script = (
        "const {issueCommand} = require(process.argv[1]);"
        " for (const command of JSON.parse(require('fs').readFileSync(0)))"
        " issueCommand(...command);"
    )
    run = subprocess.run(
        ["node", "--eval", script, library],
        input=json.dumps([*commands]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def open_page(browser: Browser, text: str, *, width: int, scheme: str = "light") -> Page:
    """Open a document as a file would be opened."""
    page = browser.new_page(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page.set_content(text)
    return page


def overflow(page: Page) -> int:
    """Say by how many pixels the page must be scrolled sideways to be seen whole."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(wide, 0)


def grave_findings(page: Page, axe: str) -> list[str]:
    """List what axe finds that is serious or critical."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
