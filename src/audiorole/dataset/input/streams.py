"""Which audio stream of a container to hear: by language, by what the container marks it as, and by its title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain

from audiorole.dataset.input.release.languages import same_language
from audiorole.types import AudioStream

SIDE_FLAGS = {
    "comment": "a commentary",
    "visual_impaired": "for the visually impaired",
    "descriptions": "for the visually impaired",
    "karaoke": "karaoke",
    "clean_effects": "effects without speech",
    "non_diegetic": "effects without speech",
}
_SIDE_TITLES = (
    (
        re.compile(
            r"descripti|described|\bAD\b|\bDVS\b|visual|hörfilm|audiodes[ck]ri|zvukový popis|audiopopis|audiodeskrypcja"
            r"|тифлокоммент|解説放送|音声ガイド|화면\s?해설",
            re.IGNORECASE,
        ),
        "for the visually impaired",
    ),
    (
        re.compile(
            r"comment|kommentar|[ck]oment[aá][rř]|commento|комментари|コメンタリー|解説|评论音|評論音|코멘터리|rifftrax",
            re.IGNORECASE,
        ),
        "a commentary",
    ),
    (
        re.compile(
            r"karaoke|isolated score|\bscore\b|music only|music (?:&|and) effects|m&e|instrumental|sing-?along",
            re.IGNORECASE,
        ),
        "music",
    ),
)
_DUB = re.compile(
    r"\bdub(?:bed|laj)?\b|dabing|synchro|doublage|\bVFF\b|\bVFQ\b|doblaje|doblado|dublagem|dublado|doppia|дубл|многоголос"
    r"|одноголос|\blektor|dubbing|吹替|国配|國配|더빙|szinkron|nasynkron",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"\boriginal\b|originalton|\bO-?Ton\b|původní|\bOV\b|\bVO\b|version originale|versión original|оригинал"
    r"|原声|原聲|원어",
    re.IGNORECASE,
)


def side_reason(stream: AudioStream) -> str:
    """Return what a stream holds instead of the dialogue, "" for dialogue."""
    flagged = (SIDE_FLAGS[flag] for flag in stream.flags if flag in SIDE_FLAGS)
    titled = (words for pattern, words in _SIDE_TITLES if pattern.search(stream.title))
    return next(chain(flagged, titled), "")


def choose_stream(
    streams: Sequence[AudioStream], language: str = "", written: Sequence[str] = ()
) -> tuple[AudioStream, list[str]]:
    """Return the stream to hear and what a person should know of the choice.

    Dialogue goes before commentary; then the wanted language, the original before a dub, one that has subtitles in its
    language (`written`), the container's default.
    """
    spoken = [stream for stream in streams if not side_reason(stream)] or list(streams)
    best = min(spoken, key=lambda stream: (_rank(stream, language, written), stream.index))
    languages = [stream.language or "unknown" for stream in spoken]
    if len(set(languages)) == 1 or same_language(best.language, language):
        return best, []
    wanted = f"none of them {language}" if language else "no probe.language set"
    return best, [f"several audio languages ({', '.join(languages)}), {wanted}: took {_why(best, spoken, written)}"]


def _rank(stream: AudioStream, language: str, written: Sequence[str]) -> tuple[bool, bool, bool, bool, bool]:
    wanted = not language or same_language(stream.language, language)
    text = _has_text(stream, written)
    return not wanted, not is_original(stream), is_dub(stream), not text, "default" not in stream.flags


def _has_text(stream: AudioStream, written: Sequence[str]) -> bool:
    return any(same_language(stream.language, language) for language in written)


def is_dub(stream: AudioStream) -> bool:
    """Return True where flag or title says that actors of another language speak."""
    return "dub" in stream.flags or bool(_DUB.search(stream.title))


def is_original(stream: AudioStream) -> bool:
    """Return True where flag or title says that it is the language it was made in."""
    return "original" in stream.flags or bool(_ORIGINAL.search(stream.title))


def _why(best: AudioStream, spoken: Sequence[AudioStream], written: Sequence[str]) -> str:
    if is_original(best):
        return "the original"
    if any(is_dub(stream) for stream in spoken):
        return "what is no dub"
    if _has_text(best, written) and not all(_has_text(stream, written) for stream in spoken):
        return "the one that has subtitles in its language"
    defaults = [stream for stream in spoken if "default" in stream.flags]
    return "the default" if defaults == [best] and best != spoken[0] else "the first"


def stream_name(stream: AudioStream) -> str:
    """Return how messages name a stream: `#1 eng "Stereo"`."""
    title = f' "{stream.title}"' if stream.title else ""
    return " ".join(part for part in (f"#{stream.index}", stream.language, stream.codec) if part) + title
