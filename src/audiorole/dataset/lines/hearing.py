"""Words of an episode's audio, heard once per leg: sync asks for a few spans, and asks again for the next subtitle."""

from __future__ import annotations

from collections.abc import Sequence

from audiorole.dataset.lines.episode_audio import episode_audio
from audiorole.dataset.sync import Hear, HeardWords
from audiorole.models import load_model, missing_weights
from audiorole.models.devices import CPU
from audiorole.models.ports import Transcriber
from audiorole.pipeline.stage import Context
from audiorole.types import Episode, Transcript, Word

Span = tuple[float, float]


def episode_ear(context: Context, episode: Episode, transcriber: str, device: str = CPU) -> Hear | None:
    """Return what hears spans of the episode's audio, and remembers them; None where the model is not at hand.

    transcriber: model reference, one that gives the times of words; "" hears nothing. device: where it runs.
    Each span's language is detected.
    """
    if not transcriber or missing_weights("transcriber", transcriber):
        return None
    known: dict[Span, HeardWords] = context.shared(
        f"heard:{transcriber}:{device}:{episode.audio.index}:{episode.audio.channel}", dict
    )

    def hear(spans: Sequence[Span]) -> list[HeardWords]:
        new = [span for span in spans if span not in known]
        known.update(zip(new, _heard(context, episode, transcriber, device, new), strict=True))
        return [known[span] for span in spans]

    return hear


def _heard(
    context: Context, episode: Episode, transcriber: str, device: str, spans: Sequence[Span]
) -> list[HeardWords]:
    if not spans:
        return []
    pcm = episode_audio(context, episode.media, episode.audio)
    model: Transcriber = load_model("transcriber", transcriber, device=device)
    found = model.transcribe([pcm.read(*span) for span in spans], "", words=True)
    return [_placed(span, transcript) for span, transcript in zip(spans, found, strict=True)]


def _placed(span: Span, transcript: Transcript) -> HeardWords:
    """Return what was heard in `span` on the episode's clock."""
    words = tuple(
        Word(word.text, float(word.start) + span[0], float(word.end) + span[0], float(word.probability))
        for word in transcript.words
    )
    return HeardWords(start=span[0], end=span[1], words=words, language=transcript.language)
