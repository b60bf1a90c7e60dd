"""The plots of a data card: small SVG files beside it, drawn from the numbers of the summary alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment

from audiorole.dataset.result.summary import Histogram, Summary
from audiorole.types import shown_names

CHARACTERS, LEFT_OUT, MEASURES = "figures/characters.svg", "figures/left-out.svg", "figures/measures.svg"

MOST = 20
"""Bars in a plot; what is smaller is summed up in the last one."""

WIDE, ROW, LABEL = 640, 22, 180
"""Pixels: of a plot, of a bar with its gap, of the names before the bars."""

_PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{{ width }}" height="{{ height }}" '
    'viewBox="0 0 {{ width }} {{ height }}" font-family="sans-serif" font-size="12" role="img" '
    'aria-label="{{ title }}">\n<rect width="100%" height="100%" fill="#ffffff"/>\n'
    '<text x="10" y="22" font-size="14" font-weight="bold" fill="#1f2933">{{ title }}</text>\n'
)
_BARS = _PAGE.from_string(
    _HEAD
    + """{% for bar in bars %}
<text x="{{ label - 8 }}" y="{{ 52 + loop.index0 * row }}" text-anchor="end" fill="#1f2933">{{ bar.name }}</text>
<rect x="{{ label }}" y="{{ 41 + loop.index0 * row }}" width="{{ bar.width }}" height="15" rx="2" fill="#3b6fb6"/>
<text x="{{ label + bar.width + 6 }}" y="{{ 52 + loop.index0 * row }}" fill="#52606d">{{ bar.value }}</text>
{% endfor %}
</svg>
"""
)
_HISTOGRAMS = _PAGE.from_string(
    _HEAD
    + """{% for plot in plots %}
<g transform="translate({{ 20 + (loop.index0 % 2) * 310 }} {{ 44 + (loop.index0 // 2) * 130 }})">
<text x="0" y="0" fill="#1f2933">{{ plot.title }}</text>
{% for bar in plot.bars %}
<rect x="{{ bar[0] }}" y="{{ 90 - bar[1] }}" width="{{ bar[2] }}" height="{{ bar[1] }}" fill="#3b6fb6"/>
{% endfor %}
<line x1="0" y1="90" x2="290" y2="90" stroke="#9aa5b1"/>
<text x="0" y="104" fill="#52606d">{{ plot.low }}</text>
<text x="290" y="104" text-anchor="end" fill="#52606d">{{ plot.high }}</text>
<text x="145" y="104" text-anchor="middle" fill="#52606d">{{ plot.note }}</text>
</g>
{% endfor %}
</svg>
"""
)


@dataclass(frozen=True)
class NamedBar:
    """A bar of a plot. width: pixels; value: what stands behind it."""

    name: str
    width: float
    value: str


@dataclass(frozen=True)
class SmallHistogram:
    """A histogram of a plot. bars: left edge, height and width in pixels."""

    title: str
    bars: tuple[tuple[float, float, float], ...]
    low: str
    high: str
    note: str


def plots(summary: Summary) -> dict[str, bytes]:
    """Return path in the dataset → SVG. A plot of nothing is left out."""
    found = {
        CHARACTERS: _characters(summary),
        LEFT_OUT: _left_out(summary),
        MEASURES: _measures(summary),
    }
    return {name: text.encode("utf-8", "replace") for name, text in found.items() if text}


def _characters(summary: Summary) -> str:
    shown = shown_names(count.who for count in summary.characters)
    minutes = [(shown[count.who] or "someone else", count.seconds / 60) for count in summary.characters]
    return _bars("Minutes of speech by character", minutes, "{:.1f} min")


def _left_out(summary: Summary) -> str:
    reasons: Counter[str] = Counter()
    for step in summary.waterfall:
        reasons.update(step.dropped)
    counts = [("kept", float(summary.lines)), *((name, float(count)) for name, count in reasons.most_common())]
    return _bars("Lines kept, and lines left out by reason", counts, "{:,.0f}") if reasons else ""


def _bars(title: str, values: Sequence[tuple[str, float]], form: str) -> str:
    if not values:
        return ""
    shown = list(values[:MOST])
    if rest := values[MOST:]:
        shown.append((f"{len(rest)} more", sum(value for _, value in rest)))
    tallest = max(value for _, value in shown) or 1.0
    room = WIDE - LABEL - 90
    bars = [NamedBar(_short(name), round(room * value / tallest, 1), form.format(value)) for name, value in shown]
    height = 50 + ROW * len(bars)
    return _BARS.render(title=title, width=WIDE, height=height, bars=bars, label=LABEL, row=ROW) + "\n"


def _short(name: str) -> str:
    return name if len(name) <= 24 else f"{name[:23]}…"


TITLES = {
    "duration": "Seconds of a line",
    "probability": "Probability of the name",
    "agreement": "Agreement of sound and text",
    "dnsmos": "Listening quality (DNSMOS)",
}


def _measures(summary: Summary) -> str:
    drawn = [_histogram(TITLES[name], summary.histograms[name]) for name in TITLES if name in summary.histograms]
    drawn = [plot for plot in drawn if plot.bars]
    height = 50 + 130 * -(-len(drawn) // 2)
    return (
        _HISTOGRAMS.render(title="Measured on each line", width=WIDE, height=height, plots=drawn) + "\n"
        if drawn
        else ""
    )


def _histogram(title: str, data: Histogram) -> SmallHistogram:
    low, high = data.edges[0], data.edges[-1]
    tallest = max(data.counts, default=0)
    bars = tuple(
        (
            round(290 * (a - low) / (high - low), 1),
            round(78 * count / tallest, 1),
            round(290 * (b - a) / (high - low) - 1, 1),
        )
        for a, b, count in zip(data.edges, data.edges[1:], data.counts, strict=False)
        if count
    )
    note = f"median {data.median:.3g}" if data.median is not None else ""
    return SmallHistogram(
        title, bars, f"{low:g}", f"{high:g}", note + (f", {data.missing:,} unknown" if data.missing else "")
    )
