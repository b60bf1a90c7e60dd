"""Two reviewers decide, undo, split, merge and rename, each in a log of their own; lines tear; logs are merged."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from audiorole.dataset.names.decision_file import append_decision, decisions_file, merge_log, read_log
from audiorole.naming.answers.corrections import added_id, corrections, text_digest
from audiorole.naming.answers.decisions import Decision, decide, encode_log, last_standing, replay, undo
from audiorole.naming.answers.log import reviewers_conflicts

WHO = st.sampled_from(["ann", "ben"])
VOICES = st.sampled_from(["voice_01", "voice_02", "voice_03"])
NAMES = st.sampled_from(["Joe", "Moe", "Zoë", ""])
LINES = st.sampled_from([f"show/e1/u{n:05d}" for n in range(6)])
TEXTS = st.sampled_from(["One.", "Two.", "二"])
SECONDS = st.sampled_from([0.5, 1.0, 2.25])
CLOCK = st.integers(0, 50)
"""Minutes; not sorted: clocks of two machines differ and are set back."""


class TwoReviewers(RuleBasedStateMachine):
    """Each reviewer has a log; `model` is what must be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.model: dict[str, list[Decision]] = {"ann": [], "ben": []}
        for who in self.model:
            self.home(who).mkdir()

    def home(self, who: str) -> Path:
        return self.root / who

    def take(self, who: str, decision: Decision) -> None:
        written, _ = append_decision(self.home(who), decision)
        assert (written.kind, written.subject, written.value) == (decision.kind, decision.subject, decision.value)
        self.model[who].append(written)

    def decided(self, who: str, minute: int, kind: str, subject: str, value: str, **more: object) -> None:
        at = f"2026-01-01T00:{minute:02d}:00.000000+00:00"
        self.take(who, decide(kind, subject, value, at=at, who=who, **more))

    @rule(who=WHO, minute=CLOCK, voice=VOICES, name=NAMES)
    def name_a_voice(self, who, minute, voice, name):
        self.decided(who, minute, "name_voice", voice, name)

    @rule(who=WHO, minute=CLOCK, line=LINES, name=NAMES, random=st.booleans())
    def label_a_line(self, who, minute, line, name, random):
        self.decided(who, minute, "label_line", line, name, random=random, guess="Joe" if random else None)

    @rule(who=WHO, minute=CLOCK, voice=VOICES, other=VOICES)
    def merge_voices(self, who, minute, voice, other):
        self.decided(who, minute, "merge_voices", voice, other)

    @rule(who=WHO, minute=CLOCK, voice=VOICES, lines=st.lists(LINES, min_size=1, max_size=3))
    def split_a_voice(self, who, minute, voice, lines):
        self.decided(who, minute, "split_voice", voice, f"{voice}b", lines=lines)

    @rule(who=WHO, minute=CLOCK, name=NAMES, other=NAMES)
    def rename(self, who, minute, name, other):
        self.decided(who, minute, "rename", name, other)

    @rule(who=WHO, minute=CLOCK, line=LINES, text=TEXTS)
    def edit_a_text(self, who, minute, line, text):
        self.decided(who, minute, "edit_text", line, text, was=text_digest("as built"))

    @rule(who=WHO, minute=CLOCK, line=LINES, start=SECONDS, length=SECONDS)
    def edit_bounds(self, who, minute, line, start, length):
        self.decided(who, minute, "edit_bounds", line, "", span=(start, start + length), was=text_digest("as built"))

    @rule(who=WHO, minute=CLOCK, line=LINES, value=st.sampled_from(["yes", "no"]))
    def mark_overlap(self, who, minute, line, value):
        self.decided(who, minute, "mark_overlap", line, value)

    @rule(who=WHO, minute=CLOCK, line=LINES)
    def remove_a_line(self, who, minute, line):
        self.decided(who, minute, "remove_line", line, "")

    @rule(who=WHO, minute=CLOCK, line=LINES, start=SECONDS, text=TEXTS, name=NAMES)
    def add_a_line(self, who, minute, line, start, text, name):
        new = added_id(line, 0.0, start)
        self.decided(who, minute, "add_line", new, text, span=(start, start + 1))
        self.decided(who, minute, "label_line", new, name)

    @rule(who=WHO, minute=CLOCK)
    def undo_ones_own(self, who, minute):
        before = read_log(self.home(who))
        last = last_standing(before, who=who)
        if last is None:
            return
        assert last.who == who
        at = f"2026-01-01T00:{minute:02d}:00.000000+00:00"
        self.take(who, undo(last, at, who))
        after = last_standing(read_log(self.home(who)), who=who)
        assert after is None or after.id != last.id

    @rule(who=WHO, cut=st.integers(1, 60), kind=st.sampled_from(["torn", "nul", "end lost"]))
    def lose_power(self, who, cut, kind):
        path = decisions_file(self.home(who))
        data = path.read_bytes() if path.exists() else b""
        never = encode_log([decide("rename", "never", "answered", at=str(cut), who=who)])
        tails = {"torn": never[:cut], "nul": b"\0" * cut, "end lost": b""}
        data = data.rstrip(b"\n") if kind == "end lost" else data
        if data or tails[kind]:
            path.write_bytes(data + tails[kind])

    @rule(who=WHO)
    def merge_logs(self, who):
        other = "ben" if who == "ann" else "ann"
        merge_log(self.home(who), self.home(other) if decisions_file(self.home(other)).exists() else self.empty())
        ids = {decision.id for log in self.model.values() for decision in log}
        self.model[who] = read_log(self.home(who))
        assert {decision.id for decision in self.model[who]} == ids

    @rule()
    def merge_both_ways(self):
        self.merge_logs("ann")
        self.merge_logs("ben")
        assert self.model["ann"] == self.model["ben"]
        assert replay(self.model["ann"]) == replay(self.model["ben"])
        assert corrections(self.model["ann"]) == corrections(self.model["ben"])
        reviewers_conflicts(self.model["ann"])

    def empty(self) -> Path:
        path = self.root / "empty.jsonl"
        path.touch()
        return path

    @invariant()
    def nothing_is_lost_and_nothing_invented(self):
        for who, log in self.model.items():
            assert read_log(self.home(who)) == log
            state = replay(log)
            added = {line for line, found in corrections(log).items() if found.added}
            assert not added & state.label.keys()
            assert state.added.keys() <= added

    def teardown(self) -> None:
        shutil.rmtree(self.root)


TestTwoReviewers = TwoReviewers.TestCase
TestTwoReviewers.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
