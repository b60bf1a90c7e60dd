"""Each cue on lines small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from audiorole.core.vectors import unit
from audiorole.errors import WeightsError
from audiorole.naming import FaceColumns, SeriesLines
from audiorole.naming.block import FOR_EVER, Block
from audiorole.naming.cues import faces, near, pooled
from audiorole.naming.cues import voice as voice_cues
from audiorole.naming.cues.context import turn_planes
from audiorole.naming.cues.text import EdgeView, WordView, edge_words, named_plane, several_plane
from audiorole.naming.cues.voice import MOST_RATIO
from audiorole.naming.cues.wording import Wording, name_keys, several
from audiorole.naming.model import RoundWeights, Weights, shipped_weights, softmax
from audiorole.naming.voices.model import VoiceMoments, Voices, fit_space


def lines(n: int = 4, **columns: object) -> SeriesLines:
    rng = np.random.default_rng(0)
    start = np.arange(n) * 2.0
    plain = SeriesLines(rng.normal(size=(n, 6)).astype(np.float32), start, start + 1.5, np.zeros(n, np.int32))
    return replace(plain, **columns)  # type: ignore[arg-type]


def block(series: SeriesLines, belief: list[list[float]]) -> Block:
    return Block.of(series, slice(0, len(series)), unit(series.embedding), np.array(belief, np.float32))


BELIEF = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]


def test_faces_speak_for_the_cast_and_clusters_for_someone_else() -> None:
    seen = FaceColumns(
        np.array([0, 2, 2, 3, 4]), np.array([0, 1, 2, 0], np.int32), np.ones(4, np.float32),
        np.array([0.2, 0.1, 0.3, 0.1], np.float32), np.ones(4, np.int32), ("Ann", "Bob", "0001_id3"),
    )  # fmt: skip
    series = lines(faces=seen)
    belief = np.array(BELIEF, np.float16)
    evidence = faces.FaceEvidence.gather(seen, np.array([0, 1, -1]), belief)
    planes = dict(faces.planes(block(series, BELIEF), evidence, None))
    assert planes["face.shown"].tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert planes["face.largest"][0].tolist() == [1, 0, 0]
    assert planes["face.none"][:, 0].tolist() == [0, 1, 0, 0]
    assert planes["face.alone"][3, 0] == 1
    assert not planes["face.never"].any()
    assert planes["face.after"][1].tolist() == [0, 0, 1]
    hidden = dict(faces.planes(block(series, BELIEF), evidence, np.array([True, False, False, False])))
    assert hidden["face.shown"][0].tolist() == [0, 0, 0]
    assert hidden["face.shown"][2:].tolist() == planes["face.shown"][2:].tolist()


def test_a_narrator_is_never_seen() -> None:
    seen = FaceColumns(
        np.array([0, 1, 1, 2, 3]), np.array([0, 1, 0], np.int32), np.ones(3, np.float32),
        np.full(3, 0.2, np.float32), np.ones(3, np.int32), ("Ann", "0001_id3"),
    )  # fmt: skip
    series = lines(faces=seen)
    evidence = faces.FaceEvidence.gather(seen, np.array([0, -1]), np.array(BELIEF, np.float16))
    planes = dict(faces.planes(block(series, BELIEF), evidence, None))
    assert planes["face.never"].tolist() == [[0, 1, 0], [0, 0, 0], [0, 1, 0], [0, 1, 0]]


def test_a_cut_leaves_the_speaker_and_comes_to_the_listener() -> None:
    seen = FaceColumns(
        np.array([0, 2, 3, 3, 3]), np.array([0, 1, 2], np.int32), np.ones(3, np.float32),
        np.full(3, 0.1, np.float32), np.ones(3, np.int32), ("Ann", "Bob", "0001_id3"),
        np.array([True, False, True]), np.array([False, True, True]),
    )  # fmt: skip
    evidence = faces.FaceEvidence.gather(seen, np.array([0, 1, -1]), np.array(BELIEF, np.float16))
    planes = dict(faces.planes(block(lines(faces=seen), BELIEF), evidence, None))
    assert planes["face.start"][:2].tolist() == [[1, 0, 0], [0, 0, 1]]
    assert planes["face.start_alone"][0].tolist() == [1, 0, 0]
    assert planes["face.left"][:2].tolist() == [[1, 0, 0], [0, 0, 0]]
    assert planes["face.came"][:2].tolist() == [[0, 1, 0], [0, 0, 0]]
    assert not planes["face.alone"][0].any()
    assert seen.only(np.array([False, True, True])).pointer.tolist() == [0, 1, 2, 2, 2]
    assert seen.only(np.array([False, True, True])).at_end.tolist() == [True, True]


def test_a_stroke_between_words_is_two_people_talking() -> None:
    split = np.array([several(t) for t in ("Stop! / What?", "他/你闭嘴", "24/7, and/or never", "什么/")])
    assert split.tolist() == [True, True, False, False]
    plane = several_plane(block(lines(), BELIEF), split)
    assert plane.tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_parts_of_one_cue_have_different_speakers() -> None:
    series = lines(cue=np.array([-1, 7, 7, -1], np.int32))
    planes = dict(turn_planes(block(series, BELIEF), series, None))
    assert planes["dash.other_part"].tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert planes["turn.before"][2].tolist() == BELIEF[0], "the line before is the one before the cue"
    assert planes["turn.after"][1].tolist() == BELIEF[3]


def test_lines_with_one_span_are_one_cue_and_blurred() -> None:
    start = np.array([0.0, 2.0, 2.0, 4.0])
    series = lines(start=start, end=start + 1.5, embedding=np.eye(4, 6, dtype=np.float32))
    assert series.shared_cue.tolist() == [False, False, True, False]
    blur = block(series, BELIEF).blur
    assert blur[1:3].tolist() == [1, 1]
    assert np.all(blur[[0, 3]] < 0.1)


def test_other_scenes_are_far_away() -> None:
    series = lines(scene=np.array([0, 0, 1, 1], np.int32))
    distance = block(series, BELIEF).distance
    assert distance[0, 1] == 2.0
    assert distance[1, 2] == np.float32(FOR_EVER)


def test_a_twin_line_votes_for_its_speaker() -> None:
    series = lines()
    series.embedding[3] = series.embedding[1]
    planes = dict(near.planes(block(series, BELIEF)))
    assert planes["near.sharp"][3].argmax() == 1
    assert planes["near.best"][3].argmax() == 1
    assert planes["near.sharp"][1].argmax() == 2, "the twin is believed to be a guest"


def pooled_faces(shown: list[list[float]]) -> dict[str, np.ndarray]:
    series = lines()
    series.embedding[3] = series.embedding[1]
    plane = np.array(shown, np.float32)
    some = block(series, BELIEF)
    seen = dict.fromkeys(("face.shown", "face.alone", "face.start_alone"), plane)
    return dict(pooled.Twins(some).face_planes(seen, pooled.seen_around(some, plane)))


def test_the_face_seen_with_a_twin_line_speaks_for_the_unseen_one() -> None:
    planes = pooled_faces([[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]])
    for name in ("face.episode_like", "face.scene_lift", "face.episode_log", "face.scene_alone", "face.scene_first"):
        assert planes[name][3].argmax() == 1, name


def test_the_face_at_a_line_itself_is_not_pooled() -> None:
    planes = pooled_faces([[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, 0, 0]])
    assert not planes["face.episode_like"][3].any()
    assert planes["face.episode_like"][1].argmax() == 0


def test_first_names_of_twins_are_pooled_whatever_is_believed_now() -> None:
    series = lines()
    series.embedding[3] = series.embedding[1]
    first = np.full((4, 3), 1 / 3, np.float32)
    first[1] = [0.9, 0.1, 0.0]
    planes = dict(pooled.Twins(block(series, BELIEF)).first_planes(first))
    assert planes["near.episode_first"][3].argmax() == 0
    assert planes["near.scene_votes"][3].argmax() == 0
    assert planes["near.own_first"][1].argmax() == 0


def test_log_ratios_of_voices_that_move_far_stay_within_what_was_fitted() -> None:
    series = lines()
    space = replace(fit_space(VoiceMoments.empty(2, 6), np.zeros(6, np.float32), np.eye(6)), noise=np.full(8, 1e-3))
    voices = Voices(space, np.full((2, 6), 9, np.float32), np.array([2.0, 50.0], np.float32))
    nobody = np.zeros((4, 2), np.float32)
    some = block(series, BELIEF)
    assert voices.log_ratio(some.voice, some.noise_class, nobody).min() < -MOST_RATIO
    strangers = voice_cues.Cohort((nobody[0], nobody[0] + 1), (nobody[0], nobody[0] + 1))
    prototypes = voice_cues.Prototypes(np.zeros((2, 1, 6), np.float32), np.zeros((2, 1), np.int64))
    planes = dict(
        voice_cues.planes(some, voices, voice_cues.Anchors(voices, prototypes, strangers, nobody[0]), nobody, voices)
    )
    assert planes["voice.series"].min() == -MOST_RATIO
    assert planes["voice.episode"].min() >= -MOST_RATIO


def test_words_go_with_their_speaker_and_leave_the_line_itself_out() -> None:
    texts = ["arr matey", "good day", "arr ahoy", "arr arr"]
    view = WordView.gather(Wording.read(texts, [], most=1.0).words, np.array(BELIEF, np.float16))
    odds = view.odds(block(lines(text=texts), BELIEF))
    assert odds[3].argmax() == 0, "two sure pirates say arr"
    assert odds[1].tolist() == [0, 0, 0], "words that nobody else uses say nothing"


def test_a_name_called_speaks_for_its_bearer_next() -> None:
    texts = ["come here, Bob", "yes?", "no", "ok"]
    named = Wording.read(texts, [name_keys("Ann", ()), name_keys("Bob", ())]).named
    episode = np.zeros(4, np.int32)
    plane = named_plane(block(lines(text=texts), BELIEF), named, -1, episode)
    assert plane[1].tolist() == [0, 1, 0]
    assert not plane[[0, 2, 3]].any()


def test_how_lines_end_tells_whether_the_speaker_stays() -> None:
    texts = ["wait and", "then go", "who?", "me"] * 12
    belief = np.array([[1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]] * 12, np.float16)
    series = lines(len(texts), text=texts)
    said = Wording.read(texts, [])
    episode = np.zeros(len(texts), np.int32)
    view = EdgeView.gather(edge_words(said.begins, said.ends, episode), belief, episode)
    odds = view.odds(Block.of(series, slice(0, len(texts)), unit(series.embedding), belief.astype(np.float32)))
    assert odds[5] > 0.5 > -0.5 > odds[7]


def test_the_voice_model_prefers_the_speaker_and_says_nothing_of_the_unheard() -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1], 40)
    rows = unit(rng.normal(size=(2, 12))[truth] + 0.6 * rng.normal(size=(80, 12)))
    weight = np.eye(3, dtype=np.float32)[truth]
    moments = VoiceMoments.empty(3, 12)
    moments.add(rows - rows.mean(0), weight)
    space = fit_space(moments, rows.mean(0), np.cov(rows.T, bias=True))
    voices = Voices(space, (moments.means() @ space.projection).astype(np.float32), moments.mass.astype(np.float32))
    ratio = voices.log_ratio(space.project(rows), np.full(80, 3), weight)
    assert np.mean(ratio[:, :2].argmax(1) == truth) > 0.95
    assert not ratio[:, 2].any()
    assert np.mean(voices.cosine(space.project(rows), weight)[:, :2].argmax(1) == truth) > 0.95


def test_a_line_is_no_evidence_for_its_own_voice() -> None:
    rows = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    moments = VoiceMoments.empty(2, 2)
    moments.add(rows, np.eye(2, dtype=np.float32))
    space = fit_space(moments, np.zeros(2, np.float32), np.eye(2))
    voices = Voices(space, (moments.means() @ space.projection).astype(np.float32), moments.mass.astype(np.float32))
    assert not voices.cosine(space.project(rows), np.eye(2, dtype=np.float32)).diagonal().any()


def test_weights_survive_their_file_and_refuse_others() -> None:
    weights = shipped_weights()
    again = Weights.from_json(weights.to_json())
    assert again.to_json() == weights.to_json()
    assert len(again.sets["faces"]) == 4
    with pytest.raises(WeightsError, match="not naming weights"):
        Weights.from_json('{"faces": 3}')


def test_a_plane_without_a_weight_counts_nothing() -> None:
    planes = [("voice.x", np.ones((2, 3), np.float32)), ("voice.y", np.ones((2, 3), np.float32))]
    one = RoundWeights({"voice.x": (1.0, 2.0, 3.0, 4.0)})
    parts = dict(one.contributions(planes, np.array([0.0, 1.0], np.float32)))
    assert list(parts) == ["voice.x"]
    assert parts["voice.x"].tolist() == [[1, 1, 3], [3, 3, 7]]
    assert softmax(parts["voice.x"]).sum(1) == pytest.approx([1, 1])
