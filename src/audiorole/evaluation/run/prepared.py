"""What a run needs, made once: items, real voices and texts, gate limits, metrics."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from audiorole.errors import ConfigError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery import Gallery, build_gallery
from audiorole.evaluation.gates import gates_off
from audiorole.evaluation.gates.calibrate import Calibration, calibrate
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import ItemSet, build_items
from audiorole.evaluation.metrics import METRICS
from audiorole.evaluation.metrics.acoustic import ApNorm
from audiorole.evaluation.metrics.base import Metric
from audiorole.evaluation.metrics.quality import MosGap, MosMetric
from audiorole.evaluation.suite import PROTOCOL, Suite
from audiorole.types import Dialogue

logger = logging.getLogger(__name__)

SHARD_ITEMS = 16
"""Items per shard: what an interrupted run hears twice at most (replies themselves are kept one by one)."""

SECOND = "@second"
"""Suffix of a metric by the second encoder or the second quality model."""


@dataclass
class Evaluation:
    """Everything a run needs, made once: `Evaluation.prepare(corpus, suite, listener)`.

    Holds no rows: they stream from the shards, so ten thousand of them cost no more memory than ten.
    """

    corpus: Corpus
    suite: Suite
    listener: Listener
    items: ItemSet
    gallery: Gallery
    calibration: Calibration
    metrics: dict[str, Metric]
    models: dict[str, str]

    @staticmethod
    def prepare(
        corpus: Corpus,
        suite: Suite,
        listener: Listener,
        models: Mapping[str, str] | None = None,
        items: ItemSet | None = None,
    ) -> Evaluation:
        """Choose the items, hear the real lines, set the gates, build the metrics that the listener can serve.

        items: the suite's items where they are chosen already.

        Raises ConfigError where the corpus has no items, UnknownNameError for an unknown metric.
        """
        items = items or build_items(corpus, suite)
        logger.info("%d items of %d roles; hearing the real lines", len(items.items), len(items.roles))
        gallery = build_gallery(corpus, items, suite, listener)
        calibration = calibrate(gallery, listener)
        return Prepared(corpus, suite, items, gallery, calibration, dict(models or {})).with_listener(listener)

    @property
    def prepared(self) -> Prepared:
        """Everything but the models: what another process needs to score as this one does."""
        return Prepared(self.corpus, self.suite, self.items, self.gallery, self.calibration, self.models)

    @property
    def signature(self) -> str:
        """The line that two results must share to be compared; where the dataset lies is no part of it."""
        models = " ".join(f"{name}={value}" for name, value in sorted(self.models.items()))
        off = f" · off: {', '.join(self.off)}" if self.off else ""
        return (
            f"ARP-Eval {PROTOCOL} · suite {self.suite.name}#{self.suite.hash} · data {_series(self.corpus)}#"
            f"{self.corpus.fingerprint} · {len(self.items.items)} items × {self.suite.seeds} seeds · {models}{off}"
        ).strip(" ·")

    @property
    def off(self) -> dict[str, str]:
        """The gates and metrics that have no model → the model that each would need."""
        gates = {f"gate {name}": senses for name, senses in gates_off(self.listener).items()}
        return gates | metrics_off(self.suite, self.listener)

    def shards(self) -> list[tuple[Dialogue, ...]]:
        """Return the items in shards, in order."""
        items = self.items.items
        return [items[at : at + SHARD_ITEMS] for at in range(0, len(items), SHARD_ITEMS)]


def _series(corpus: Corpus) -> str:
    return "+".join(sorted({line.partition("/")[0] for line in corpus.lines}))


@dataclass(frozen=True)
class Prepared:
    """An evaluation without its models. It can be pickled where the corpus can."""

    corpus: Corpus
    suite: Suite
    items: ItemSet
    gallery: Gallery
    calibration: Calibration
    models: dict[str, str]

    def with_listener(self, listener: Listener) -> Evaluation:
        """Return the evaluation with models of this process."""
        metrics = build_metrics(self.suite, self.gallery, listener)
        return Evaluation(
            self.corpus, self.suite, listener, self.items, self.gallery, self.calibration, metrics, self.models
        )


def build_metrics(suite: Suite, gallery: Gallery, listener: Listener) -> dict[str, Metric]:
    """Return the metrics of the suite that this listener can serve; asked for by name and not servable: ConfigError."""
    off = metrics_off(suite, listener)
    for name in suite.metrics:
        if name in off:
            raise ConfigError(f"Metric {name!r} needs a model for {off[name]}; name one in [models].")
    names = [name for name in suite.metrics or METRICS.names() if name not in off]
    found: dict[str, Metric] = {name: METRICS.load(name)(gallery, listener) for name in names}
    for encoder in list(listener.speakers)[1:]:
        found[f"ap_norm{SECOND}"] = ApNorm(gallery, listener, encoder)
    if listener.second_quality is not None:
        found[f"mos{SECOND}"] = MosMetric(gallery, listener, second=True)
        found[f"mos_gap{SECOND}"] = MosGap(gallery, listener, second=True)
    return found


def metrics_off(suite: Suite, listener: Listener) -> dict[str, str]:
    """Return the suite's metrics that this listener has no model for → the senses that are missing."""
    heard = {"speaker"} | {name for name in ("asr", "quality", "text") if getattr(listener, name) is not None}
    missing = {name: set(METRICS.load(name).card.senses) - heard for name in suite.metrics or METRICS.names()}
    return {name: " and ".join(sorted(senses)) for name, senses in missing.items() if senses}
