"""How the page writes numbers, durations, names and captions."""

import math
import re
from datetime import datetime
from typing import TYPE_CHECKING

from vspair.printable import shown

if TYPE_CHECKING:
    from markupsafe import Markup

SHORT = 12
"""Hexadecimal digits of a checksum or commit where the whole one would be in the way."""

EXACT_BELOW = 1e15
"""Whole numbers below are written out; a float holds none exactly far above."""


def number(value: float | None) -> str:
    """A number as a reader wants it: whole ones in full, others with four digits; empty for none.

    >>> number(13067043.0), number(0.18163), number(None)
    ('13,067,043', '0.1816', '')
    """
    if value is None or math.isnan(value):
        return ""
    if float(value).is_integer() and abs(value) < EXACT_BELOW:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}" if abs(value) < EXACT_BELOW else f"{value:.3e}"


def exact(value: float | None) -> str:
    """A number with all digits that the CSV has; empty for none."""
    return "" if value is None or math.isnan(value) else f"{value:.10g}"


def duration(seconds: float | None) -> str:
    """Seconds as hours, minutes or seconds; `unknown` for None."""
    if seconds is None:
        return "unknown"
    if seconds < 99.95:
        return f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    minutes = round(seconds / 60)
    return f"{seconds / 60:.1f} min" if seconds < 5997 else f"{minutes // 60} h {minutes % 60:02d} min"


def moment(text: str | None) -> str:
    """An RFC 3339 moment to the minute, `2026-11-21 16:06 UTC`; as it stands where it is none."""
    try:
        when = datetime.fromisoformat(text or "")
    except ValueError:
        return text or "unknown"
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()


def title(name: str) -> str:
    """The name of a table or figure as the paper would print it: `Figure 3` for `fig3`; others as they stand."""
    match = re.fullmatch(r"(table|fig)(\d+)", name)
    return f"{'Table' if match[1] == 'table' else 'Figure'} {match[2]}" if match else name


def natural(name: str) -> list[tuple[int, int, str]]:
    """A sort key that puts `fig9` before `fig10`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def caption(text: str) -> "Markup":
    """The few marks that captions use, as HTML: ``literal`` or `literal`, *emphasis*, :sup:`2` and :sub:`2`.

    Everything else is escaped and shown as it stands.
    """
    from markupsafe import Markup, escape

    html = str(escape(shown(text.strip(), keep="\n")))
    html = re.sub(r":(sup|sub):`(.+?)`", r"<\1>\2</\1>", html)
    html = re.sub(r"(`{1,2})([^`]+)\1", r"<code>\2</code>", html)
    html = re.sub(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])", r"<em>\1</em>", html)
    return Markup(html.replace("\\ ", ""))
