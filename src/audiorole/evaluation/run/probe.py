"""The shuffled-context probe: replies against other items of the same character. `cp_auc` must return to 0.5."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from audiorole.evaluation.gallery import Gallery
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import draw_order
from audiorole.evaluation.metrics.content import FEWEST_OTHERS, probability_above
from audiorole.evaluation.run.records import Row
from audiorole.evaluation.words import plain_text
from audiorole.types import Dialogue

SHIFTS = (1, 2, 3)
"""Each reply is held against three other items, so that the probe's own noise is under the metric's."""

MOST_ITEMS = 1000
"""Of a role: three thousand trials hold its chance level to a hundredth, and each takes all lines of the role."""

Heard = dict[str, str]
"""Item id → what was heard in the first seed's reply."""


def heard_texts(rows: Iterable[Row]) -> Heard:
    """Return what was heard in the rows that count, one reply per item."""
    found: Heard = {}
    for row in rows:
        if row.ok and row.heard.strip():
            found.setdefault(row.item, row.heard)
    return found


def shuffled_cp_auc(heard: Mapping[str, str], gallery: Gallery, listener: Listener) -> float | None:
    """Return the macro mean of `cp_auc` with every reply moved to other items of its character; None for too few."""
    values: dict[str, list[float]] = defaultdict(list)
    for role in gallery.items.roles:
        items = [item for item in gallery.items.of_role(role) if item.id in heard]
        items = sorted(items, key=lambda item: draw_order(11, item.id))[:MOST_ITEMS]
        for shift in SHIFTS:
            moved = [*items[shift:], *items[:shift]]
            values[role] += _scores(items, moved, heard, gallery, listener)
    told = [float(np.mean(scores)) for scores in values.values() if len(scores) > 2 * len(SHIFTS)]
    return round(float(np.mean(told)), 6) if told else None


def _scores(
    items: Sequence[Dialogue],
    sources: Sequence[Dialogue],
    heard: Mapping[str, str],
    gallery: Gallery,
    listener: Listener,
) -> list[float]:
    found = []
    for item, source in zip(items, sources, strict=True):
        own = plain_text(source.target.text)
        # The moved reply's own gold line would win against every other: it is taken out of both sides.
        others = [text for text in gallery.other_texts(item) if plain_text(text) != own]
        if item.id == source.id or plain_text(item.target.text) == own or len(others) < FEWEST_OTHERS:
            continue
        reply, gold, *rest = listener.text_vectors([heard[source.id], item.target.text, *others])
        found.append(probability_above(float(reply @ gold), np.stack(rest) @ reply))
    return found
