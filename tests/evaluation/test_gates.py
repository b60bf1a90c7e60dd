"""Gates: what is off without its model, and what is not asked of a text that is no words."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec
import numpy as np

from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gates import gates_off, open_gates
from audiorole.evaluation.gates.calibrate import duet
from audiorole.evaluation.gates.gates import speaker_likeness
from audiorole.evaluation.items import build_items
from audiorole.evaluation.metrics.base import Response
from audiorole.evaluation.results.summarise import summarise
from audiorole.evaluation.run.entrants import entrants
from audiorole.evaluation.run.evaluate import evaluate
from audiorole.evaluation.run.prepared import Evaluation
from audiorole.testing.evaluation import SYNTHETIC_SUITE, synthetic_corpus, synthetic_listener


def deaf(corpus: Corpus) -> Evaluation:
    """Return an evaluation without a recogniser."""
    suite = msgspec.structs.replace(
        SYNTHETIC_SUITE, models=msgspec.structs.replace(SYNTHETIC_SUITE.models, asr="", text_scorer="")
    )
    listener = synthetic_listener(corpus)
    listener.asr = None
    return Evaluation.prepare(corpus, suite, listener)


def test_without_a_recogniser_its_gates_and_metrics_are_off_and_named(corpus: Corpus, tmp_path: Path) -> None:
    evaluation = deaf(corpus)
    chosen = entrants([])
    evaluate(evaluation, chosen, tmp_path)
    results = summarise(evaluation, chosen, tmp_path)
    rates = {one.name: one.statuses.get("ok", 0) / one.rows for one in results.systems}
    assert rates["gold"] == 1.0
    assert rates["other_line"] > 0.8
    assert rates["silence"] == rates["looped"] == 0.0
    assert set(gates_off(evaluation.listener)) == {"text_mismatch", "wrong_language"}
    assert {"gate text_mismatch", "wer", "cp_auc"} <= set(results.off)
    assert results.off["wer"] == "asr"
    assert "off: gate wrong_language, gate text_mismatch" in results.signature
    assert not any("text_mismatch" in check.subject for check in results.checks)
    assert [check for check in results.checks if not check.passed] == []


def test_a_full_listener_has_nothing_off(evaluation: Evaluation) -> None:
    assert evaluation.off == {}
    assert "off:" not in evaluation.signature


def test_cries_are_no_items_and_their_text_is_not_asked_for(evaluation: Evaluation) -> None:
    corpus = synthetic_corpus()
    ape = next(item.id for item in evaluation.items.items)
    lines = {**corpus.lines, ape: msgspec.structs.replace(corpus.lines[ape], text="Ooh, uck uck ungh!")}
    apish = dataclasses.replace(corpus, lines=lines)
    found = build_items(apish, SYNTHETIC_SUITE)
    assert ape not in {item.id for item in found.items}
    assert found.left_out["not_in_words"] == 1
    item = next(item for item in evaluation.items.items if item.id != ape)
    clip = evaluation.listener.hear(evaluation.corpus.audio(item.id))
    said = {
        text: [
            finding.gate
            for finding in open_gates(item, Response(clip, text), evaluation.gallery, evaluation.calibration.limits)
        ]
        for text in ("Ooh, uck uck ungh!", "Listen, the storm belongs to nobody in five.")
    }
    assert "text_mismatch" not in said["Ooh, uck uck ungh!"]
    assert "text_mismatch" in said["Listen, the storm belongs to nobody in five."]


def test_a_single_rare_word_is_a_text() -> None:
    corpus = synthetic_corpus()
    assert corpus.in_words("Incredible!")
    assert corpus.in_words("The captain burns incredible letters.")
    assert not corpus.in_words("Unga warunga")


def test_the_loudest_second_is_what_is_looped(evaluation: Evaluation) -> None:
    from audiorole.evaluation.systems.anchors import Room, looped, other_line

    room = Room(evaluation.items.items[0], evaluation.gallery, evaluation.listener, 0)
    wave, clip = other_line(room)[0], looped(room)[0]
    size = len(clip) // 8
    power = [float(np.sum(wave[at : at + size].astype(np.float64) ** 2)) for at in range(0, len(wave) - size, 100)]
    assert np.array_equal(clip[:size], clip[size : 2 * size])
    assert float(np.sum(clip[:size].astype(np.float64) ** 2)) >= max(power)


def test_two_voices_are_less_like_one_than_one_is(evaluation: Evaluation) -> None:
    gallery, hear = evaluation.gallery, evaluation.listener.hear
    first, *others = evaluation.items.calibration
    other = next(item for item in others if item.target.character != first.target.character)
    wave, stranger = (evaluation.corpus.audio(item.id) for item in (first, other))
    one = speaker_likeness(hear(duet(wave, wave)), gallery.cast_voices)
    two = speaker_likeness(hear(duet(wave, stranger)), gallery.cast_voices)
    assert one is not None
    assert two is not None
    assert two < evaluation.calibration.limits.one_speaker < one
    alone = speaker_likeness(hear(duet(wave, stranger)), gallery.cast_voices[:1])
    assert alone is not None
    assert alone > two, "a cast of one tells nobody apart: what is left is the cosine of the parts"


def test_a_clip_of_one_window_is_not_asked_for_several_speakers(evaluation: Evaluation) -> None:
    clip = evaluation.listener.hear(evaluation.corpus.audio(evaluation.items.items[0].id)[:16000])
    assert speaker_likeness(clip, evaluation.gallery.cast_voices) is None
