"""Findings that the test expects of its judged blocks, and what to say where they are others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..words import wrap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_WIDTH = 100


def not_as_expected(
    named: Collection[str],
    blocks: Sequence[Collection[str]],
    unexpected: Sequence[str],
    origin: str,
    texts: Iterable[str],
    *,
    marked: bool = False,
) -> str:
    """Say that judged blocks did not find what was named.

    Of the ids that each of the *blocks* found, the *unexpected* are errors that were not named.
    """
    came = {rule for block in blocks for rule in block}
    missing = sorted(set(named) - came)
    happened = [", ".join(sorted(block)) or "a judged block without findings" for block in blocks]
    told = dict.fromkeys(happened or ["no judged block ended in it"])
    return "\n".join(
        [
            "MCSCOPES: the judged blocks did not find what the test expects of them.",
            f"  expected   {_listed(named)}; {origin}",
            *(
                f"{' ' * 13 if number else '  happened   '}{each}"
                for number, each in enumerate(told)
            ),
            *_steps(missing, unexpected, judged=bool(blocks)),
            *(wrap(beside_a_mark(named), _WIDTH, "  ", "  ") if marked else ()),
            *texts,
        ]
    )


def _steps(missing: Sequence[str], unexpected: Sequence[str], *, judged: bool) -> Iterable[str]:
    if not judged:
        yield "  Write the block that is to find it within: with mc_tenant.judged(...):"
        return
    if missing:
        yield f"  {_listed(missing)} did not come. If the code has been fixed, take that id away."
    if unexpected:
        yield f"  {_listed(unexpected)} was not expected. Fix what it says, or name it too."


def beside_a_mark(rules: Collection[str]) -> str:
    """Say that a mark of the test judges what blocks judge as well."""
    named = ", ".join(f'"{rule}"' for rule in sorted(rules))
    return (
        "expect_findings(...) takes the errors of judged blocks only: the test's own mark judges"
        " the same traffic as well. Take the mark away and judge by blocks alone; or, if the whole"
        f" test is about it, write @pytest.mark.mc_allow({named}, reason=...) in place of the"
        " blocks."
    )


def _listed(rules: Collection[str]) -> str:
    return ", ".join(sorted(rules))
