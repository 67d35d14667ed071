"""The business unit that a token is to work in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..error_answers import invalid_account

if TYPE_CHECKING:
    from ..packages import Package
    from .token_request import TokenRequest

# No MID is longer, and `int` refuses thousands of digits with an error of its own.
_MID_DIGITS = 18


def choose_business_unit(token_request: TokenRequest, package: Package, otherwise: int) -> int:
    """Choose the business unit: `account_id` is a number or its digits; else it is *otherwise*."""
    sent = token_request.parameters.form.get("account_id")
    if sent is None:
        return otherwise
    mid = _read_mid(sent)
    if mid not in package.business_units:
        enabled = ", ".join(str(unit) for unit in sorted(package.business_units))
        raise invalid_account(
            f'account_id names no business unit that package "{package.name}" is enabled in'
            f" ({enabled})"
        )
    return mid


def _read_mid(sent: object) -> int:
    """Read a number or its digits; 0, which is no MID, for anything else."""
    if isinstance(sent, str) and sent.isascii() and sent.isdigit() and len(sent) <= _MID_DIGITS:
        return int(sent)
    return sent if isinstance(sent, int) and not isinstance(sent, bool) else 0
