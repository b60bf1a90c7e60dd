"""The metrics. One is a small class with a card; the table names each by string, so nothing loads before it is asked.

Third parties add theirs with the entry point group `audiorole.metrics`; see docs/evaluation/adding-a-metric.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorole.core.registry import Registry

if TYPE_CHECKING:
    from audiorole.evaluation.metrics.base import MetricClass

_HERE = "audiorole.evaluation.metrics"

METRICS: Registry[MetricClass] = Registry(
    "metric",
    {
        "ap": f"{_HERE}.acoustic:Ap",
        "ap_norm": f"{_HERE}.acoustic:ApNorm",
        "ap_id": f"{_HERE}.acoustic:ApId",
        "ap_pass": f"{_HERE}.acoustic:ApPass",
        "ap_asnorm": f"{_HERE}.acoustic:ApAsNorm",
        "ap_prosody": f"{_HERE}.prosody:ApProsody",
        "cp": f"{_HERE}.content:Cp",
        "cp_auc": f"{_HERE}.content:CpAuc",
        "cp_style": f"{_HERE}.style:CpStyle",
        "cp_id": f"{_HERE}.style:CpId",
        "cp_verbatim": f"{_HERE}.style:CpVerbatim",
        "wer": f"{_HERE}.quality:Wer",
        "wer_utterance": f"{_HERE}.quality:WerUtterance",
        "cer": f"{_HERE}.quality:Cer",
        "language_mismatch": f"{_HERE}.quality:LanguageMismatch",
        "mos": f"{_HERE}.quality:MosMetric",
        "mos_gap": f"{_HERE}.quality:MosGap",
        "ai_phrase": f"{_HERE}.quality:AiPhrase",
    },
    group="audiorole.metrics",
)

PRIMARY = ("ap_norm", "cp_auc")
"""The two metrics that a claim rests on; the others explain it."""
