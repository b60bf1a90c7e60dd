"""The log of decisions: torn lines, full disks, two reviewers, and what random lines say."""

from __future__ import annotations

import errno
import multiprocessing
import os
from contextlib import suppress

import pytest

from audiorole.dataset.names.decision_file import append_decision, decisions_file, merge_log, read_decisions, read_log
from audiorole.errors import InputError, UserError
from audiorole.naming.answers.decisions import decide, encode_log, last_standing, replay, undo
from audiorole.naming.answers.log import merged, random_answers, read_rows, reviewers_conflicts

ANN = decide("name_voice", "voice_01", "Joe", at="2026-01-01T10:00:00", who="ann")
BEN = decide("name_voice", "voice_01", "Moe", at="2026-01-01T11:00:00", who="ben")
LINE = decide("label_line", "show/e1/u00001", "Joe", at="2026-01-01T12:00:00", who="ann")


@pytest.mark.parametrize("cut", range(1, len(encode_log([LINE])) - 1, 7))
def test_a_torn_last_line_is_left_out_and_the_next_answer_stands_alone(tmp_path, cut):
    decisions_file(tmp_path).write_bytes(encode_log([ANN]) + encode_log([LINE])[:cut])
    log = read_decisions(decisions_file(tmp_path))
    assert log.decisions == [ANN]
    assert "decisions.jsonl:2: a line that was never written to its end" in log.notes[0]
    assert append_decision(tmp_path, BEN) == (BEN, log.notes)
    assert decisions_file(tmp_path).read_bytes() == encode_log([ANN, BEN])


@pytest.mark.parametrize("tail", [b"\0" * 40, b"\n\n", b" ", encode_log([LINE])[:30] + encode_log([BEN])])
def test_what_a_power_cut_or_an_older_version_left_is_read(tail):
    log = read_rows(encode_log([ANN]) + tail)
    assert log.decisions == ([ANN, BEN] if BEN.id.encode() in tail else [ANN])


def test_a_last_line_that_lost_its_end_mark_only_counts(tmp_path):
    decisions_file(tmp_path).write_bytes(encode_log([ANN, BEN]).rstrip(b"\n"))
    assert read_log(tmp_path) == [ANN, BEN]
    append_decision(tmp_path, LINE)
    assert read_log(tmp_path) == [ANN, BEN, LINE]


@pytest.mark.parametrize("where", range(0, len(encode_log([ANN, BEN, LINE])), 11))
@pytest.mark.parametrize("bit", [0, 3, 6])
def test_one_flipped_bit_never_becomes_another_decision(where, bit):
    data = bytearray(encode_log([ANN, BEN, LINE]))
    data[where] ^= 1 << bit
    with suppress(InputError):
        found = read_rows(bytes(data)).decisions
        assert [d.id for d in found] in ([ANN.id, BEN.id, LINE.id], [ANN.id, BEN.id])


@pytest.mark.parametrize("what", ["write", "short", "fsync"])
def test_a_full_disk_leaves_the_log_as_it_was(tmp_path, monkeypatch, what):
    append_decision(tmp_path, ANN)
    before, real = decisions_file(tmp_path).read_bytes(), os.write

    def full(descriptor, data=b""):
        if what == "short":
            return real(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync" if what == "fsync" else "write", full)
        with pytest.raises(UserError, match=r"could not be written down .No space left"):
            append_decision(tmp_path, BEN)
    assert decisions_file(tmp_path).read_bytes() == before
    append_decision(tmp_path, BEN)
    assert read_log(tmp_path) == [ANN, BEN]


def test_a_decision_is_on_the_disk_before_it_is_answered_for(tmp_path, monkeypatch):
    lengths = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: lengths.append(os.fstat(descriptor).st_size))
    append_decision(tmp_path, ANN)
    assert len(encode_log([ANN])) in lengths


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_log_that_is_no_file_is_refused(tmp_path, kind):
    path, far = decisions_file(tmp_path), tmp_path / "far"
    far.write_bytes(b"")
    {"link": lambda: path.symlink_to(far), "pipe": lambda: os.mkfifo(path), "folder": path.mkdir}[kind]()
    with pytest.raises(UserError):
        append_decision(tmp_path, ANN)
    assert far.read_bytes() == b""


def _many(home, who, count):
    for number in range(count):
        append_decision(home, decide("label_line", f"show/e1/u{number:05d}", who, at=f"{number}", who=who))


def test_two_reviewers_at_once_lose_nothing(tmp_path):
    context = multiprocessing.get_context("fork")
    people = [context.Process(target=_many, args=(tmp_path, who, 60)) for who in ("ann", "ben")]
    for person in people:
        person.start()
    for person in people:
        person.join(60)
    assert len(read_log(tmp_path)) == 120


def test_undo_takes_ones_own_answer():
    log = [ANN, BEN]
    assert last_standing(log, who="ann") == ANN
    assert last_standing([*log, undo(ANN, "2", "ann")], who="ann") is None
    assert last_standing(log) == BEN


def test_logs_merge_to_the_same_whichever_is_ours_and_a_conflict_is_shown(tmp_path):
    ours, theirs = [LINE, ANN], [LINE, BEN]
    assert merged(ours, theirs) == merged(theirs, ours)
    for home, log in (("a", ours), ("b", theirs)):
        (tmp_path / home).mkdir()
        decisions_file(tmp_path / home).write_bytes(encode_log(log))
    count, (clash,), notes = merge_log(tmp_path / "a", tmp_path / "b")
    assert (count, notes) == (1, [])
    assert str(clash) == "voice_01: ann says 'Joe' and ben says 'Moe'; 'Moe' counts, the later answer"
    assert (
        merge_log(tmp_path / "a", tmp_path / "b") == (0, [clash], [])
        or merge_log(tmp_path / "a", tmp_path / "b")[0] == 0
    )
    assert [str(c) for c in reviewers_conflicts(read_log(tmp_path / "a"))] == [str(clash)]


def test_two_words_for_one_character_are_no_conflict():
    renamed = decide("rename", "Moe", "Joe", at="2026-01-02", who="ben")
    assert reviewers_conflicts([ANN, BEN, renamed]) == []


def test_the_accuracy_of_random_lines_is_read_off_the_log():
    lines = [
        decide("label_line", f"show/e1/u{n:05d}", name, at=str(n), random=True, who=who, guess=guess)
        for n, name, who, guess in [
            (1, "Joe", "ann", "Joe"),
            (2, "Moe", "ann", "Joe"),
            (3, "", "ben", ""),
            (4, "x", "ann", None),
        ]
    ]
    assert random_answers(lines) == [True, False, True]
    assert random_answers([*lines, undo(lines[1], "9", "ann")]) == [True, True]
    assert random_answers([*lines, decide("rename", "Moe", "Joe", at="9")]) == [True, True, True]
    again = decide("label_line", lines[0].subject, "Moe", at="8", random=True, who="ben", guess="Moe")
    assert random_answers([*lines, again]) == [False, False, True]
    assert replay(read_rows(encode_log(lines)).decisions) == replay(lines)
