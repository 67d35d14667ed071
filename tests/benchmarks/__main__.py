"""What the plugin costs, as ratios that are measured side by side: `python tests/benchmarks`.

It asserts nothing: this is for people, who look at the middle half of the ratios too.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from calls import match_route, pass_through, request_from_core, request_token
from clients import request_by_aiohttp, request_by_requests
from doors import MANY, PEER, answer, start
from evidence_files import hold_tests, read_tests, write_report
from pages import draw_page, write_pages
from runs import judge_late, set_up_tenant, start_alone, start_guarded, start_up
from timing import FULL, QUICK, NotMeasured, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from timing import Scale

BARE = "a bare ThreadingHTTPServer"
ROWS = (
    Row(
        name="start-up",
        ours="pytest with this plugin, unused",
        theirs="with it blocked",
        budget=1.03,
        measure=start_up,
    ),
    Row(
        name="alone",
        ours="the same, respx's and anyio's plugins off",
        theirs="with it blocked",
        budget=1.03,
        measure=start_alone,
    ),
    Row(
        name="guard",
        ours="pytest with this plugin, unused, mc_guard=always",
        theirs="mc_guard=tests, the default",
        budget=1.003,
        measure=start_guarded,
    ),
    Row(
        name="tenant",
        ours="mc_tenant, one token request, the verdict",
        theirs="respx_mock, one route, that request",
        budget=0.7,
        measure=set_up_tenant,
    ),
    Row(
        name="token",
        ours="a token request in process",
        theirs="a respx side effect that builds an answer",
        budget=0.75,
        measure=request_token,
    ),
    Row(
        name="requests",
        ours="the same by requests, one session",
        theirs="a static answer of responses",
        budget=2.4,
        measure=request_by_requests,
    ),
    Row(
        name="aiohttp",
        ours="the same by aiohttp, one session",
        theirs="a static answer of aioresponses",
        budget=0.7,
        measure=request_by_aiohttp,
    ),
    Row(
        name="passing",
        ours="a request that passes by a living tenant",
        theirs="where no tenant lives",
        budget=1.15,
        measure=pass_through,
    ),
    Row(
        name="verdict",
        ours="test 4,000 of a session with one tenant",
        theirs="test 400 of it",
        budget=1.1,
        measure=judge_late,
    ),
    Row(
        name="core",
        ours="a token request to the core alone",
        theirs="20 microseconds",
        budget=1,
        measure=request_from_core,
    ),
    Row(
        name="route",
        ours="a path looked up among 485 routes",
        theirs="among 45",
        budget=1.2,
        measure=match_route,
    ),
    *(
        Row(
            name=command,
            ours=f"mcscopes {command} on 100,000 tests",
            theirs="on 10,000",
            budget=12,
            measure=partial(read_tests, command),
        )
        for command in ("combine", "check", "suggest", "diff")
    ),
    *(
        Row(
            name=output,
            ours=f"mcscopes report --format {output} written of 100,000 tests",
            theirs="of 10,000",
            budget=12,
            measure=partial(write_report, output),
        )
        for output in ("json", "markdown", "github", "sarif")
    ),
    Row(
        name="memory",
        ours="bytes of mcscopes diff on 100,000 tests, twice",
        theirs="500 million",
        budget=1,
        measure=hold_tests,
    ),
    *(
        Row(
            name=kind,
            ours=f"the {what} of a suite of 100,000 tests written",
            theirs="of one of 10,000",
            budget=12,
            measure=partial(write_pages, kind),
        )
        for kind, what in (
            ("page", "page"),
            ("review", "reviewer's page"),
            ("review-md", "reviewer's Markdown"),
        )
    ),
    Row(
        name="page-drawn",
        ours="the page of 5,000 tests drawn by chromium",
        theirs="5 seconds",
        budget=1,
        measure=draw_page,
    ),
    Row(
        name="door-1",
        ours="token requests over a real port, 1 connection",
        theirs=BARE,
        budget=0.4,
        measure=partial(answer, "bare", "one"),
        rate=True,
    ),
    Row(
        name="door-8",
        ours=f"the same, {MANY} connections at once",
        theirs=BARE,
        budget=0.4,
        measure=partial(answer, "bare", "many"),
        rate=True,
    ),
    Row(
        name="door-p99",
        ours="what 99 of 100 answers of door-8 take at most",
        theirs=BARE,
        budget=None,
        measure=partial(answer, "bare", "p99"),
    ),
    Row(
        name="door-start",
        ours="from the start of a process to its first token",
        theirs=BARE,
        budget=2.5,
        measure=partial(start, "bare"),
    ),
    Row(
        name="peer-1",
        ours="as door-1",
        theirs=f"npm's {PEER}",
        budget=1,
        measure=partial(answer, "peer", "one"),
        rate=True,
    ),
    Row(
        name="peer-8",
        ours="as door-8",
        theirs=f"npm's {PEER}",
        budget=1,
        measure=partial(answer, "peer", "many"),
        rate=True,
    ),
    Row(
        name="peer-p99",
        ours="as door-p99",
        theirs=f"npm's {PEER}",
        budget=1,
        measure=partial(answer, "peer", "p99"),
    ),
    Row(
        name="peer-start",
        ours="as door-start",
        theirs=f"npm's {PEER}",
        budget=1,
        measure=partial(start, "peer"),
    ),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the chosen rows and print each as soon as it is known."""
    parser = argparse.ArgumentParser(prog="python tests/benchmarks", description=__doc__)
    names = [row.name for row in ROWS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="ROW")
    parser.add_argument("--quick", action="store_true", help="few rounds: to see that it runs")
    chosen = parser.parse_args(arguments)
    scale = QUICK if chosen.quick else FULL
    write(f"{'':11}{'ours':>9}{'theirs':>10}{'ratio':>7}{'middle half':>14}{'budget':>8}\n")
    for row in ROWS:
        if row.name in chosen.only:
            write(line_of(row, scale))
    write("\n")
    for row in ROWS:
        if row.name in chosen.only:
            write(row.legend())


def line_of(row: Row, scale: Scale) -> str:
    """Measure a row, if this machine can."""
    try:
        return row.line(row.measure(scale))
    except NotMeasured as why:
        return row.absence(why)


def write(text: str) -> None:
    """Print at once: some rows take half a minute."""
    sys.stdout.write(text)
    sys.stdout.flush()


main()
