"""From a view to one self-contained HTML file: templates, number formats, and JSON that cannot leave its script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import jinja2
import msgspec
from markupsafe import Markup

_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def render(template: str, view: Mapping[str, object]) -> str:
    """Return the page of `template` over `view`. All text is escaped unless a template says otherwise."""
    page = _environment().get_template(template).render(view)
    return re.sub(r"\n(?:[ \t]*\n)+", "\n", page)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("audiorole.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=count_text,
        clock=clock_text,
        span=span_text,
        share=share_text,
        setting=setting_text,
        signed=signed_text,
        figure=figure_text,
        embedded=embedded_json,
        asset=_asset,
    )
    return environment


def embedded_json(value: object) -> Markup:
    """Return `value` as JSON that can stand inside a <script> element: nothing in it can end the element."""
    return Markup(msgspec.json.encode(value).decode("utf-8").translate(_UNSAFE))


def _asset(name: str) -> Markup:
    """Return one of our own style sheets or scripts as it is."""
    environment = _environment()
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])


def count_text(value: float) -> str:
    """Return a count with thousands apart: `12,345`."""
    return f"{value:,.0f}"


def clock_text(seconds: float) -> str:
    """Return a time in an episode.

    >>> clock_text(3723.4), clock_text(63.0)
    ('1:02:03', '1:03')
    """
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def span_text(seconds: float) -> str:
    """Return a length of time for a headline or a table.

    >>> span_text(42), span_text(750), span_text(8000)
    ('42 s', '12.5 min', '2.2 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"


def share_text(value: float | None) -> str:
    """Return a probability or share in percent, never rounded up to certainty.

    >>> share_text(0.9996), share_text(1.0), share_text(None)
    ('99.9 %', '100 %', '–')
    """
    if value is None:
        return "–"
    percent = 100 * value
    if percent > 99.9 and value < 1:
        return "99.9 %"
    return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.1f} %"


def figure_text(value: float | None) -> str:
    """Return a figure with three decimals.

    >>> figure_text(0.12345), figure_text(None)
    ('0.123', '–')
    """
    return "–" if value is None else f"{value:.3f}".replace("-", "−")


def signed_text(value: float) -> str:
    """Return log-odds with their sign, a real minus: `+1.25`, `−0.40`."""
    return f"{value:+.2f}".replace("-", "−")


def setting_text(value: object) -> str:
    """Return a recipe's value as it would be written in the recipe."""
    return msgspec.json.encode(value).decode("utf-8")
