"""Language: lines in another language than the episode's, and dubs, where text and audio disagree all over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from audiorole.dataset.input.release.languages import two_letters
from audiorole.models import load_model
from audiorole.models.ports import TextLanguageIdentifier
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Record, Utterance


@dataclass(frozen=True)
class CheckLanguage(EpisodeStage[Utterance]):
    """identifier: of the text's language. sure: its least probability to call a line foreign.

    min_letters: shorter lines say too little about their language. dub_agreement: an episode whose median agreement
    lies under it has audio in another language or words than its text; all its lines are dropped as `dubbed`.
    dub_lines: fewest compared lines from which a dub is concluded.
    """

    name: ClassVar[str] = "language"
    consumes: ClassVar[type[Record]] = Utterance
    produces: ClassVar[type[Record]] = Utterance
    cost: ClassVar[float] = 0.0003
    identifier: str = "py3langid"
    sure: float = 0.99
    min_letters: int = 40
    dub_agreement: float = 0.15
    dub_lines: int = 10

    def models(self) -> tuple[tuple[str, str], ...]:
        """The identifier, where one is named."""
        return (("text-language", self.identifier),) if self.identifier else ()

    def run(self, records: Iterable[Utterance], context: Context) -> Iterator[Outcome]:
        """Yield the lines with their language; foreign and dubbed ones are dropped."""
        lines = list(records)
        if median := self._dubbed(lines):
            for line in lines:
                yield Dropped.of(line, "dubbed", f"median agreement of text and audio {median:.2f}")
            return
        for line, code in zip(lines, self._foreign(lines), strict=True):
            yield Dropped.of(line, "other_language", f"{code}, not {line.language}") if code else line

    def _dubbed(self, lines: list[Utterance]) -> float | None:
        """Return the median agreement where it speaks for a dub."""
        found = (line.transcript.agreement for line in lines if line.cue and line.transcript)
        compared = [agreement for agreement in found if agreement is not None]
        if len(compared) < self.dub_lines:
            return None
        median = float(np.median(compared))
        return max(median, 1e-6) if median < self.dub_agreement else None

    def _foreign(self, lines: list[Utterance]) -> list[str]:
        """Return for each line the other language that its text is in, or ""."""
        found = [""] * len(lines)
        long = [i for i, x in enumerate(lines) if x.language and sum(map(str.isalpha, x.text)) >= self.min_letters]
        if not (self.identifier and long):
            return found
        model: TextLanguageIdentifier = load_model("text-language", self.identifier)
        for index, guess in zip(long, model.text_languages([lines[i].text for i in long]), strict=True):
            if guess.probability >= self.sure and two_letters(guess.code) != two_letters(lines[index].language):
                found[index] = guess.code
        return found
