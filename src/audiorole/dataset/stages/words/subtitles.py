"""Subtitles: the sources of an episode compete, the best becomes speaker lines; a script names their speakers.

Times are still the subtitle's own. Every cue becomes lines or a drop with its reason, and so does every other source.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.input.beside import script_files, subtitle_files
from audiorole.dataset.input.cue_sources import candidate_sources, read_source, shown_name, source_name
from audiorole.dataset.input.release.languages import two_letters
from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.dataset.lines.hearing import episode_ear
from audiorole.dataset.sources.candidates import Candidate, compatible, joined
from audiorole.dataset.sources.competition import Choice, choose
from audiorole.dataset.sources.notes import NOTE, SourcesNote, write_note
from audiorole.dataset.sources.scripts import best_script
from audiorole.dataset.sources.spoken import spoken_language
from audiorole.dataset.subtitles import LeftOut, SpeakerLine, Subtitles, split
from audiorole.dataset.sync import Alignment, Hear, judge
from audiorole.errors import InputError
from audiorole.models import load_model, missing_weights
from audiorole.models.devices import Device
from audiorole.models.ports import Language, SpokenLanguageIdentifier, TextLanguageIdentifier
from audiorole.pipeline.stage import Context, EpisodeStage, Outcome
from audiorole.types import Dropped, Episode, Record, Source, SubtitleSource, Utterance
from audiorole.types.record import narrowed


@dataclass(frozen=True)
class ReadSubtitles(EpisodeStage[Episode]):
    """language: of the subtitles to use ("" takes the audio's). source: a file name or `file#track` to insist on.

    use: False ignores all subtitles, so that lines come from the speech itself. identifier: of a text's language;
    spoken_language: hears which language is spoken where the container does not say it or the texts say otherwise; ""
    believes what is stated. transcriber: hears words where no subtitle fits the speech surely, as sync does.
    device: where both run.
    """

    name: ClassVar[str] = "subtitles"
    version: ClassVar[int] = 2
    consumes: ClassVar[type[Record]] = Episode
    produces: ClassVar[type[Record]] = Utterance
    needs: ClassVar[tuple[str, ...]] = ("probe", "listen")
    creates: ClassVar[bool] = True
    cost: ClassVar[float] = 0.0015
    use: bool = True
    language: str = ""
    source: str = ""
    identifier: str = "py3langid"
    spoken_language: str = "whisper"
    transcriber: str = "whisper"
    device: Device = "cpu"

    def external(self, source: Record, inputs: Path, home: Path) -> tuple[Path, ...]:
        """The subtitle files and the scripts beside the media."""
        media = inputs / narrowed(source, Source).media
        return (*(inputs / found.path for found in subtitle_files(media, inputs)), *script_files(media, inputs))

    def models(self) -> tuple[tuple[str, str], ...]:
        """The models that are named, the transcriber where its weights are at hand."""
        named = [("text-language", self.identifier), ("spoken-language", self.spoken_language)]
        if self.transcriber and not missing_weights("transcriber", self.transcriber):
            named.append(("transcriber", self.transcriber))
        return tuple(pair for pair in named if pair[1] and self.use)

    def run(self, records: Iterable[Episode], context: Context) -> Iterator[Outcome]:
        """Yield the lines of the best source, and a drop for each other one."""
        for episode in records:
            yield from _Reading(self, episode, context).outcomes()


@dataclass
class _Reading:
    """The sources of one episode."""

    stage: ReadSubtitles
    episode: Episode
    context: Context
    spoken: str = ""
    unused: list[tuple[str, str]] = field(default_factory=list)
    drops: list[Dropped] = field(default_factory=list)

    def outcomes(self) -> Iterator[Outcome]:
        sources = candidate_sources(self.episode, self.context.inputs) if self.stage.use else []
        if self.stage.source:
            sources = [x for x in sources if self.stage.source in (source_name(x), x.path)]
        choice = self._choice([found for source in sources if (found := self._read(source))])
        for candidate, reason in choice.reasons:
            self._leave(candidate.name, "other_subtitles", reason)
        script = ""
        if choice.winner:
            script = yield from self._lines(choice.winner)
        yield from self.drops
        note = SourcesNote(choice.winner.name if choice.winner else "", script, self.spoken, tuple(self.unused))
        self.context.attach(NOTE, lambda path: write_note(path, note))

    def _read(self, source: SubtitleSource) -> Candidate | None:
        try:
            found = read_source(source, self.context.inputs, self.episode.language)
        except InputError as error:
            self._leave(shown_name(source, self.episode.media), "unreadable_subtitles", error.problem)
            return None
        return self._candidate(source, found, self.stage.language or self.episode.language)

    def _candidate(self, source: SubtitleSource, found: Subtitles, language: str) -> Candidate:
        """Split what was read; language: of the speech, which says which rows of a cue in two languages stay."""
        divided = split(found.cues, found.source, language=language)
        guess = self._text_language(joined(divided))
        return Candidate(shown_name(source, self.episode.media), source, found, divided, guess)

    def _text_language(self, text: str) -> Language:
        if not self.stage.identifier:
            return Language("", 0.0)
        model: TextLanguageIdentifier = load_model("text-language", self.stage.identifier)
        return model.text_languages([text])[0]

    def _choice(self, candidates: list[Candidate]) -> Choice:
        if not candidates or self.stage.source:
            return Choice(candidates[0] if candidates else None, ())
        speech = self.context.array("listen", "speech") / np.float32(100)
        seconds = float((speech >= 0.5).sum()) / FRAME_RATE
        self.spoken = self._spoken(candidates, speech)
        if self.spoken != two_letters(self.stage.language or self.episode.language):
            candidates = [self._candidate(x.source, x.subtitles, self.spoken) for x in candidates]

        def fit(candidate: Candidate, hear: Hear | None = None) -> Alignment:
            times = candidate.times - self.episode.start_time
            return judge(times, candidate.texts, speech, FRAME_RATE, self.episode.duration, hear)

        def by_words(candidate: Candidate) -> Alignment:
            return fit(candidate, episode_ear(self.context, self.episode, self.stage.transcriber, self.stage.device))

        return choose(candidates, self.spoken, seconds, fit, by_words)

    def _spoken(self, candidates: list[Candidate], speech: NDArray[np.floating[Any]]) -> str:
        """Return the language to look for: asked for, stated, or heard where text and container do not agree."""
        stated = two_letters(self.stage.language or self.episode.language)
        written = {candidate.language for candidate in candidates}
        agreed = bool(stated) and all(compatible(code, stated) and code for code in written)
        if self.stage.language or agreed or not self.stage.spoken_language:
            return stated
        model: SpokenLanguageIdentifier = load_model(
            "spoken-language", self.stage.spoken_language, device=self.stage.device
        )
        pcm = episode_audio(self.context, self.episode.media, self.episode.audio)
        expected = stated or (written.pop() if len(written) == 1 else "")
        return spoken_language(speech, pcm.read, model, expected) or stated

    def _lines(self, winner: Candidate) -> Generator[Outcome, None, str]:
        """Yield the lines; return the name of the script that named some."""
        inputs = self.context.inputs
        scripts = script_files(inputs / self.episode.media, inputs)
        named = best_script(winner.split.lines, scripts, self.episode.language)
        for number, line in enumerate(named.lines, start=1):
            yield self._utterance(number, line)
        for out in winner.split.left:
            yield self._left(out, winner.name)
        for number, problem in enumerate((*winner.subtitles.problems, *named.problems), start=1):
            yield Dropped(id=f"{self.episode.id}/problem:{number}", reason="unreadable_cue", detail=str(problem))
        for name, reason in named.reasons:
            self._leave(name, "other_script", reason)
        return named.script.name if named.script else ""

    def _utterance(self, number: int, line: SpeakerLine) -> Utterance:
        episode = self.episode
        return Utterance(
            id=f"{episode.id}/u{number:05d}",
            start=round(line.start - episode.start_time, 3),
            end=round(line.end - episode.start_time, 3),
            text=line.text,
            language="" if self.spoken == two_letters(episode.language) else self.spoken,
            cue=msgspec.structs.replace(line.cue, start=round(line.cue.start, 3), end=round(line.cue.end, 3)),
        )

    def _left(self, out: LeftOut, source: str) -> Dropped:
        return Dropped(
            id=f"{self.episode.id}/cue:{out.index}{f'.{out.row}' if out.row else ''}",
            reason=out.reason,
            detail=f"{source}:{out.line}: {out.shown}"[:300],
            record=msgspec.Raw(msgspec.json.encode(out)),
        )

    def _leave(self, name: str, reason: str, detail: str) -> None:
        """Note a file or track that is not used."""
        self.unused.append((name, detail))
        self.drops.append(Dropped(id=f"{self.episode.id}/file:{name}", reason=reason, detail=f"{name}: {detail}"))
