"""The reference tier: its own classes, on tiny random weights, through a suite's `[models]` and a whole run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from audiorole.core.recipes import find_recipe
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.hearing.models import model_names, models_of, open_listener
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.evaluation.suite import ListenerModels, load_suite
from audiorole.models.requirements import absent_models
from audiorole.testing.evaluation import SYNTHETIC_SUITE, LookupTranscriber
from tests.models import tiny_hub

RECIPE = find_recipe("eval-reference")
SAVED = {"speaker": "wavlm", "second_speaker": "ecapa", "quality": "utmos", "text": "mpnet"}
"""Field of `[models]` → what makes its tiny weights."""


@pytest.fixture
def ears(tmp_path: Path) -> ListenerModels:
    """The recipe's models, each with a folder of tiny weights; no recogniser, whose sizes are all too large here."""
    ears = load_suite(RECIPE).models
    for field, name in SAVED.items():
        folder = tmp_path / name
        folder.mkdir()
        getattr(tiny_hub, f"save_{name}")(folder)
        ears = msgspec.structs.replace(ears, **{field: f"{getattr(ears, field)}@{folder}"})
    return msgspec.structs.replace(ears, asr="", text_scorer="", second_quality="")


@pytest.mark.models
def test_the_reference_tier_runs_end_to_end_on_tiny_weights(
    corpus: Corpus, ears: ListenerModels, tmp_path: Path
) -> None:
    if absent_models(models_of(ears)):
        pytest.skip("wants the speech detector's weights: audiorole models pull base")
    listener = replace(open_listener(ears, None), asr=LookupTranscriber.of(corpus))
    kinds = [type(one).__name__ for one in (*listener.speakers.values(), listener.quality, listener.text)]
    assert kinds == ["WavLmSv", "Ecapa", "Utmos", "MpNet"]
    suite = msgspec.structs.replace(SYNTHETIC_SUITE, models=ears, seeds=1)
    evaluation = Evaluation.prepare(corpus, suite, listener, model_names(ears))
    chosen = [one for one in entrants([]) if one.name in ("gold", "other_line", "impostor", "silence")]
    evaluate(evaluation, chosen, tmp_path / "out")
    results = summarise(evaluation, chosen, tmp_path / "out")
    assert len(results.encoders) == 2
    assert all(name in results.signature for name in SAVED.values() if name != "wavlm")
    gold = next(one for one in results.systems if one.name == "gold")
    measured = {name for name, found in gold.metrics.items() if found.raw is not None}
    assert {"ap", "ap_asnorm", "cp", "mos", "mos_gap", "wer"} <= measured
    assert {"ap_norm", "ap_norm@second"} <= set(gold.metrics)
