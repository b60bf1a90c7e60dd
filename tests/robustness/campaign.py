"""A small build and review that something breaks into, and what must be true afterwards; for tests and benchmarks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiorole.dataset.names.decision_file import append_decision, merge_log, read_log
from audiorole.naming.answers.corrections import added_id, text_digest
from audiorole.naming.answers.decisions import Decision, decide, encode_log, undo
from audiorole.testing.models import fake_models as fakes
from audiorole.testing.series import tiny_build, write_series
from tests.robustness.trees import dataset_bytes, opens, result_bytes
from tests.robustness.walk import copy_tree, in_child

FOREIGN = {"dataset/mine/x.txt": "mine", "notes.1.partial": "mine too", "run/notes.txt": "and mine"}
"""Files of somebody else in the output folder."""

LINE = "show/s01e{:02d}/u{:05d}"
EATEN = text_digest("So do we, so do we.")
ADDED = added_id(LINE.format(2, 3), 3.8, 5.1)
ANSWERS: tuple[Decision, ...] = (
    decide("label_line", LINE.format(1, 1), "Zelda", at="2026-01-01T00:00:01", who="ann"),
    decide("label_line", LINE.format(1, 2), "Ben", at="2026-01-01T00:00:02", who="ben", random=True, guess="Ben"),
    decide("rename", "Anna", "Joanna", at="2026-01-01T00:00:03", who="ann"),
    decide("edit_text", LINE.format(1, 5), "So do we all.", at="2026-01-01T00:00:04", who="ann", was=EATEN),
    decide("edit_bounds", LINE.format(1, 5), at="2026-01-01T00:00:05", who="ann", span=(7.1, 7.8), was=EATEN),
    decide("mark_overlap", LINE.format(1, 4), "yes", at="2026-01-01T00:00:06", who="ann"),
    decide("remove_line", LINE.format(2, 6), at="2026-01-01T00:00:07", who="ann"),
    decide("add_line", ADDED, "Hours!", at="2026-01-01T00:00:08", who="ann", span=(5.1, 5.4)),
    decide("label_line", ADDED, "Ben", at="2026-01-01T00:00:09", who="ann"),
)
TAKEN_BACK = undo(ANSWERS[0], at="2026-01-01T00:00:10", who="ann")
OF_ANOTHER: tuple[Decision, ...] = (
    decide("label_line", LINE.format(2, 2), "Cora", at="2026-01-01T00:00:11", who="cleo"),
    decide("label_line", LINE.format(1, 2), "Cora", at="2026-01-01T00:00:12", who="cleo"),
)
"""In a log that is merged."""


@dataclass(frozen=True)
class Campaign:
    """A finished build that is kept, a place where it is broken into, and what should come of it in the end."""

    root: Path
    before: dict[str, bytes]
    after: dict[str, bytes]
    result: dict[str, bytes]
    log: bytes

    @property
    def out(self) -> Path:
        """The output folder."""
        return self.root / "here" / "out"

    def restore(self) -> None:
        """Put everything back to where it was before: the finished build, and media that changed since."""
        shutil.rmtree(self.root / "here", ignore_errors=True)
        copy_tree(self.root / "kept", self.root / "here")

    def keep(self) -> None:
        """Let `restore` bring back what is there now."""
        shutil.rmtree(self.root / "kept", ignore_errors=True)
        copy_tree(self.root / "here", self.root / "kept")

    def problems(self, ended: int) -> Iterator[str]:
        """Yield what is not as it must be right after the fault. ended: 0 where the work came to its end all the same.

        Then an episode may be quarantined: its old file stands beside what was built without it. Otherwise the dataset
        is the old one or the new one.
        """
        yield from self._foreign_problems()
        dataset = dataset_bytes(self.out)
        if dataset in (self.before, self.after):
            return
        if ended != 0:
            yield "the dataset is neither the old one nor the new one"
        names, wanted = (
            sorted(Path(name).name for name in each if name.endswith("parquet")) for each in (dataset, self.after)
        )
        if names != wanted:  # an episode that was built without the other may be in another split
            yield f"the dataset has other episodes: {names}"
        if in_child(lambda: _opens(self.root / "here")) != 0:
            yield "the dataset does not open"

    def problems_resumed(self) -> Iterator[str]:
        """Yield what differs from an undisturbed run after the same work was done again."""
        yield from self._foreign_problems()
        if dataset_bytes(self.out) != self.after:
            yield "the dataset is not that of an undisturbed run"
        if result_bytes(self.out) != self.result:
            yield "the results are not those of an undisturbed run"
        if (self.out / "decisions.jsonl").read_bytes() != self.log:
            yield "the log of decisions is another"

    def _foreign_problems(self) -> Iterator[str]:
        for name, text in FOREIGN.items():
            if not (self.out / name).is_file() or (self.out / name).read_text() != text:
                yield f"{name} of somebody else is gone"


def prepare(root: Path) -> Campaign:
    """Build once, change a subtitle, and do the whole work undisturbed to know what should come of it."""
    with fakes():
        here = root / "here"
        write_series(here / "in")
        tiny_build(here / "in", here / "out")
        for name, text in FOREIGN.items():
            (here / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (here / "out" / name).write_text(text)
        subtitle = here / "in" / "Show.S01E02.srt"
        subtitle.write_text(subtitle.read_text().replace("breakfast", "supper"))
        (here / "other.jsonl").write_bytes(encode_log(OF_ANOTHER))
        copy_tree(here, root / "kept")
        before = dataset_bytes(here / "out")
        assert in_child(lambda: _opens(here)) == 0
        work(here)
        assert in_child(lambda: _opens(here)) == 0
        log = (here / "out" / "decisions.jsonl").read_bytes()
        return Campaign(root, before, dataset_bytes(here / "out"), result_bytes(here / "out"), log)


def _opens(here: Path) -> None:
    """In a process of its own: pyarrow's threads do not outlast a fork."""
    assert opens(here / "out") == 12


def work(here: Path) -> None:
    """Decide what is not decided yet, take another's log in, and build: what is broken into, and resumed."""
    known = {decision.id for decision in read_log(here / "out")}
    for decision in (*ANSWERS, TAKEN_BACK):
        if decision.id not in known:
            append_decision(here / "out", decision)
    merge_log(here / "out", here / "other.jsonl")
    tiny_build(here / "in", here / "out")


def work_with_fakes(here: Path) -> None:
    with fakes():
        work(here)


def resumed(campaign: Campaign) -> list[str]:
    """Do the work again, undisturbed; return what is wrong."""
    ended = in_child(lambda: work_with_fakes(campaign.root / "here"))
    return [*([f"resuming ended with {ended}"] if ended else []), *campaign.problems_resumed()]
