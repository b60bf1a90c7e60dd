"""From nothing, on packs: how many of a person's answers make how many names right, without a build.

    python -m benchmarks.naming.pack_review --pack PACK.npz … [--answers 80]

PACK is what `build_pack.py` wrote. The person is that of `decisions.py`, the questions are those of the review page;
voices, seeds and names are made by the functions that the page calls. Only the files of a build are left out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from audiorole.dataset.names.identity import decided_cast, series_voices, with_decisions
from audiorole.dataset.names.series import NamedSeries, SeriesNamer
from audiorole.naming import NO_SEED, NamingOptions, ReferenceVoices
from audiorole.naming.answers.branches import decided_voices
from audiorole.naming.answers.decisions import Decision, decide, replay
from audiorole.naming.answers.queue import ReviewItem, questions_asked
from audiorole.naming.answers.voice_checks import VoiceSounds
from audiorole.review.checks.answer import Answer
from audiorole.review.questions import Questions
from audiorole.types import Cast
from benchmarks.naming.decisions import STEPS, Named, answered, from_queue, key
from benchmarks.naming.series_pack import Pack
from benchmarks.series_truth import share

EMBEDDER = "wespeaker"


class PackReview:
    """A pack under review: what `decisions.py` asks of a session."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.ids = [f"pack/e{n:02d}/u{row:05d}" for row, n in enumerate(pack.number.tolist())]
        self.lines = pack.lines.with_seeds(np.full(len(pack.lines), NO_SEED, np.int32))
        self.found = series_voices(self.lines, EMBEDDER)
        self.log: list[Decision] = []
        self.sounds: VoiceSounds | None = None
        self._name()

    def _name(self) -> None:
        state = replay(self.log)
        cast = decided_cast(Cast(), state)
        voices = decided_voices(self.found, self.ids, self.lines, state, EMBEDDER)
        lines = with_decisions(self.lines, self.ids, voices, state, cast, EMBEDDER)
        namer = SeriesNamer(cast, NamingOptions(embedder=EMBEDDER), ReferenceVoices())
        answer = namer.answer(lines) if np.any(lines.seeds >= 0) else None
        self.series = NamedSeries(self.ids, [], lines, voices, namer, answer)
        self.questions = Questions(self.series, state, questions_asked(self.log), self.sounds)
        self.sounds = self.questions.sounds

    def queue(self) -> list[ReviewItem]:
        """Return the questions, best first."""
        return [question.item for question in self.questions.open(replay(self.log), (), 30)]

    def heard(self, item: ReviewItem) -> list[int]:
        """Return the rows that are played for a question."""
        return self.questions.heard(item)

    def answer(self, asked: list[Answer]) -> None:
        """Take an answer in and name the pack anew."""
        for one in asked:
            at = str(len(self.log))
            fields = (one.subject, one.value, one.lines, at, one.random, one.kept)
            self.log.append(decide(one.kind, *fields))  # type: ignore[arg-type]
        self._name()

    def score(self, speakers: Named, parity: int) -> tuple[list[bool], list[bool]]:
        """Return which lines of even or odd episodes are right: those that no answer names by itself, and all."""
        told = {line for d in self.log for line in (d.subject, *d.lines, *d.kept)}
        answer, free, every = self.series.answer, [], []
        for row, line in enumerate(self.ids):
            if line in speakers and self.pack.number[row] % 2 == parity:
                said = answer.names[int(answer.named.character[row])] if answer else ""
                every.append(line in told or said == speakers[line])
                free += [said == speakers[line]] if line not in told else []
        return free, every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", type=Path, nargs="+", required=True)
    parser.add_argument("--answers", type=int, default=80)
    arguments = parser.parse_args()
    for path in arguments.pack:
        print(f"== {path.stem}: names right of the lines that no answer names, and of all", flush=True)
        play(Pack.load(path), arguments.answers)


def play(pack: Pack, answers: int) -> None:
    """Play the person, and print the share of right names on the way."""
    review, skipped = PackReview(pack), set[str]()
    speakers = {i: pack.names[who] for i, who in zip(review.ids, pack.speaker.tolist(), strict=True) if who >= 0}
    print(f"{len(set(review.found))} voices, {len(set(speakers.values()))} people, {len(speakers)} lines", flush=True)
    for number in range(1, answers + 1):
        asked: list[Answer] = []
        while not asked and (chosen := from_queue(review, skipped)):
            asked = answered(review, speakers, chosen)
            if not asked:
                skipped.add(key(review, chosen[0]))
        if not asked:
            return
        review.answer(asked)
        if number in STEPS:
            shown = []
            for part, parity in (("odd", 1), ("even", 0)):
                free, every = review.score(speakers, parity)
                right = share(sum(free), len(free))
                shown.append(f"{part} {right['value'] or 0:.3f} [{right['low']:.3f}, {right['high']:.3f}]")
                shown.append(f"of all {np.mean(every):.3f}")
            print(f"  {number:>4} answers: {'  '.join(shown)}", flush=True)


if __name__ == "__main__":
    main()
