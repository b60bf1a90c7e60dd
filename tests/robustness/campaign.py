"""A small build and review that something breaks into, and what must be true afterwards; for tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from audiorole.dataset.names.decision_file import append_decision, read_log
from audiorole.errors import AudioroleError
from audiorole.naming.answers.decisions import Decision, decide, undo
from audiorole.testing.models import fake_models as fakes
from audiorole.testing.series import tiny_build, write_series
from tests.robustness.faults import FaultyDisk
from tests.robustness.trees import dataset_bytes, opens, result_bytes

FOREIGN = {"dataset/mine/x.txt": "mine", "notes.1.partial": "mine too", "run/notes.txt": "and mine"}
"""Files of somebody else in the output folder."""

LINE = "show/s01e01/u{:05d}"
ANSWERS: tuple[Decision, ...] = (
    decide("label_line", LINE.format(1), "Zelda", at="2026-01-01T00:00:01", who="ann"),
    decide("label_line", LINE.format(2), "Ben", at="2026-01-01T00:00:02", who="ben", random=True, guess="Ben"),
    decide("rename", "Anna", "Joanna", at="2026-01-01T00:00:03", who="ann"),
)
TAKEN_BACK = undo(ANSWERS[0], at="2026-01-01T00:00:04", who="ann")


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
        _copy(self.root / "kept", self.root / "here")

    def keep(self) -> None:
        """Let `restore` bring back what is there now."""
        _copy(self.root / "here", self.root / "kept")

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
        names, wanted = ({Path(name).name for name in each} for each in (dataset, self.after))
        if names != wanted:  # an episode that was built without the other may be in another split
            yield f"the dataset has other files: {sorted(names ^ wanted)}"
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


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["cp", "-a", source, target], check=True)


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
        _copy(here, root / "kept")
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
    """Decide what is not decided yet, and build: what is broken into, and done again to resume."""
    known = {decision.id for decision in read_log(here / "out")}
    for decision in (*ANSWERS, TAKEN_BACK):
        if decision.id not in known:
            append_decision(here / "out", decision)
    tiny_build(here / "in", here / "out")


def count_points(campaign: Campaign) -> list[str]:
    """Return the calls that the work makes, in order."""
    disk = FaultyDisk(campaign.out)
    campaign.restore()
    with fakes(), pytest.MonkeyPatch.context() as patch:
        disk.install(patch)
        work(campaign.root / "here")
    return disk.seen


def broken_at(campaign: Campaign, at: int, mode: str) -> list[str]:
    """Break one call of the work, then do the work again; return what is wrong."""
    campaign.restore()
    ended = in_child(lambda: _broken(campaign, at, mode))
    found = [] if ended in EXPECTED else [f"the process ended with {ended}"]
    found += campaign.problems(ended)
    return [*found, *resumed(campaign)]


EXPECTED = (0, 3, 9)
"""All well, a sentence of ours, or cut."""


def _broken(campaign: Campaign, at: int, mode: str) -> None:
    with fakes(), pytest.MonkeyPatch.context() as patch:
        FaultyDisk(campaign.out, at, mode).install(patch)
        work(campaign.root / "here")


def resumed(campaign: Campaign) -> list[str]:
    """Do the work again, undisturbed; return what is wrong."""

    def again() -> None:
        with fakes():
            work(campaign.root / "here")

    ended = in_child(again)
    return [*([f"resuming ended with {ended}"] if ended else []), *campaign.problems_resumed()]


def in_child(do: Callable[[], None]) -> int:
    """Run `do` in a forked process; return 0, 3 where it ended with an error that a user reads, or how it died."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            do()
            code = 0
        except (AudioroleError, OSError):
            code = 3
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
