"""The work that a campaign breaks into, act by act; each prepares its folder and knows what must come of it."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import audiorole.dataset.names.series
from audiorole.api.exporting import export
from audiorole.api.packing import pack
from audiorole.core import registry
from audiorole.dataset.names.decision_file import read_log
from audiorole.naming.answers.decisions import Decision
from audiorole.published.formats import FORMATS
from audiorole.review import session
from audiorole.review.checks import checking
from audiorole.review.checks.answer import Answer
from audiorole.review.live import LiveNames
from audiorole.review.session import ReviewSession
from audiorole.testing.models import fake_models
from audiorole.testing.series import tiny_build, write_series
from tests.robustness.campaign import FOREIGN, prepare, work_with_fakes
from tests.robustness.trees import dataset_bytes
from tests.robustness.walk import Act, Remembered, copy_tree, in_child

LINE = "show/s01e{:02d}/u{:05d}"


@contextmanager
def remembering() -> Iterator[None]:
    """Compute names once for the same lines, and look once for what is installed, also for forks made meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((audiorole.dataset.names.series, "name_with_faces"), (registry, "entry_points")):
            patch.setattr(module, name, Remembered(getattr(module, name)))
        yield


def deciding_and_building(root: Path) -> Act:
    """Decisions of every kind, another's log, a subtitle that changed, and a build."""
    campaign = prepare(root)
    campaign.restore()
    return Act(
        "decide and build",
        campaign.root / "here",
        campaign.out,
        lambda: work_with_fakes(campaign.root / "here"),
        lambda ended: list(campaign.problems(ended)),
        lambda: list(campaign.problems_resumed()),
    )


def everything(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its bytes, but locks and stamps, which hold nothing."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.stat().st_size)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def _built(root: Path) -> Path:
    """Build the tiny series in `root/here/out`; return `root/here`."""
    here = root / "here"
    with fake_models():
        write_series(here / "in")
        tiny_build(here / "in", here / "out")
    return here


def act_of(
    name: str, here: Path, work: Callable[[], None], left: Callable[[], dict[str, bytes]], out: Path | None = None
) -> Act:
    """Return an act whose results are what `left` gives: parts of them, or whole, after a break, all after resuming.

    It begins with what lies in `here` now; somebody else's files lie among it.
    """
    for other in FOREIGN:
        (here / other).parent.mkdir(parents=True, exist_ok=True)
        (here / other).write_text(FOREIGN[other])
    dataset = dataset_bytes(here / "out")
    begun = here.with_name("begun")
    copy_tree(here, begun)
    assert in_child(work) == 0
    wanted = left()
    assert wanted
    shutil.rmtree(here)
    begun.rename(here)

    def common() -> list[str]:
        gone = [other for other, text in FOREIGN.items() if (here / other).read_text() != text]
        return [*gone, *(["the dataset is another"] if dataset_bytes(here / "out") != dataset else [])]

    def problems(ended: int) -> list[str]:
        now = left()
        other = [name for name, data in wanted.items() if now.get(name, data) != data]
        return [*common(), *(f"{name} is neither absent nor whole" for name in other)]

    def resumed() -> list[str]:
        now = left()
        return [
            *common(),
            *(f"{name} differs" for name in wanted.keys() | now.keys() if wanted.get(name) != now.get(name)),
        ]

    return Act(name, here, out or here, work, problems, resumed)


ASKED = (
    Answer("label_line", LINE.format(1, 1), "Zelda", new=True),
    Answer("name_voice", "voice_02", "Ben"),
    Answer("rename", "Anna", "Joanna", new=True),
    Answer("edit_text", LINE.format(1, 5), "So do we all."),
    Answer("edit_bounds", LINE.format(1, 5), span=(7.1, 7.8)),
    Answer("mark_overlap", LINE.format(1, 4), "yes"),
    Answer("remove_line", LINE.format(2, 6)),
    Answer("add_line", "show/s01e02", "Hours!", span=(5.1, 5.4)),
)


def answering(root: Path) -> Act:
    """What the review page does with answers of every kind, and undo."""
    here = _built(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveNames, "ask", lambda live: None)
        return act_of("answer and undo", here, partial(_answer, here / "out"), partial(_answers, here / "out"))


def _answer(out: Path) -> None:
    """Give the answers that the log does not have yet, and take the first back."""
    clock = (f"2026-01-01T00:00:{second:02d}" for second in itertools.count(len(read_log(out))))
    with fake_models(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveNames, "ask", lambda live: None)  # a thread that names does not outlast a fork
        for module in (checking, session):
            patch.setattr(module, "now", lambda: next(clock))
        desk = ReviewSession(out, who="ann")
        given = {(one.kind, one.value) for one in read_log(out)}
        for asked in ASKED:
            if (asked.kind, asked.value) not in given:
                desk.decide(asked, wait=False)
        if not any(one.kind == "undo" for one in read_log(out)):
            (first,) = (one for one in read_log(out) if one.kind == "label_line")
            desk.undo(wanted=first.id, wait=False)


def _answers(out: Path) -> dict[str, bytes]:
    """Return each decision under its place in the log."""
    return {f"decision {place}": _plain(one) for place, one in enumerate(read_log(out))}


def _plain(one: Decision) -> bytes:
    return repr((one.kind, one.subject, one.value, one.span, one.who, one.at)).encode()


def packing(root: Path) -> Act:
    """A rebuild pack."""
    here = _built(root)

    def work() -> None:
        if not (here / "p.audiorole").exists():
            with fake_models():
                pack(here / "out", here / "p.audiorole", workers=1)

    return act_of("pack", here, work, lambda: {p.name: p.read_bytes() for p in here.glob("p.audiorole")})


def exporting(root: Path) -> Act:
    """Every format in turn."""
    here = _built(root)
    names = [name for name in FORMATS.names() if name != "references"]

    def work() -> None:
        for name in names:
            if not (here / name).exists():
                export(here / "out", name, here / name)

    def left() -> dict[str, bytes]:
        return {f"{name}/{file}": data for name in names for file, data in everything(here / name).items()}

    return act_of("export", here, work, left)


def evaluating(root: Path) -> Act:
    """An evaluation of the synthetic cast: an anchor, a system that answers and one that does not."""
    from tests.robustness.evaluation.conftest import small_evaluation
    from tests.robustness.evaluation.test_faults import everything as files_of
    from tests.robustness.evaluation.test_faults import run

    here, evaluation = _built(root), small_evaluation()
    (here / "scores").mkdir()
    return act_of(
        "evaluate", here, lambda: run(evaluation, here / "scores") and None, lambda: files_of(here / "scores")
    )


def training(root: Path) -> Act:
    """A tiny training of the real classes: the codes of lines, adapters, and the voices' decoder."""
    from tests.robustness.training.test_kills import train
    from tests.training.glm.tiny_parts import write_parts

    here, parts = _built(root), write_parts(root / "parts")

    def left() -> dict[str, bytes]:
        return {name: data.replace(str(here).encode(), b"HERE") for name, data in everything(here / "run").items()}

    return act_of("train", here, lambda: train(parts, here / "run"), left)


ACTS: dict[str, Callable[[Path], Act]] = {
    "build": deciding_and_building,
    "answer": answering,
    "pack": packing,
    "export": exporting,
    "evaluate": evaluating,
    "train": training,
}
"""Name → what prepares it in an empty folder."""
