"""Two channels that hold two programmes (two languages, a commentary): which of them the episode's text follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from audiorole.audio.measures import FRAME_RATE
from audiorole.dataset.input.cue_sources import candidate_sources, read_source
from audiorole.dataset.input.release.languages import same_language
from audiorole.dataset.lines.hearing import episode_ear
from audiorole.dataset.sync import ENOUGH, HeardWords, spans_of, support
from audiorole.errors import InputError
from audiorole.pipeline.stage import Context
from audiorole.types import Episode

SIDES = ("left", "right")
_SPANS = 4
_TOGETHER = 0.3
"""Share of the shorter channel's words that fall into words of the other: two programmes, not two who take turns."""
_CLEARLY = 1.25
"""How many times better the subtitles must fit one channel where they fit both: someone talks over the other."""


def choose_channel(context: Context, episode: Episode, transcriber: str, language: str) -> tuple[int, str, str]:
    """Return the channel to hear (-1 mixes both), its language ("" unknown) and a sentence on what was done.

    episode: its audio has two channels that are unlike. The subtitles decide where they follow one of the channels,
    then `language` where one of them is spoken in it.
    """
    sides = [_side(context, episode, transcriber, channel) for channel in (0, 1)]
    if not all(sides):
        return -1, "", "its two channels are unlike and were mixed, as no words could be heard; probe.channel takes one"
    texts = list(_texts(context, episode))
    supports = [[support(*text, side) for text in texts] or [0.0] for side in sides]
    languages = [_language(side) for side in sides]
    told = f"its two channels hold different speech ({languages[0] or '?'} left, {languages[1] or '?'} right)"
    chosen, why = _chosen(sides, supports, [bool(language) and same_language(x, language) for x in languages])
    if chosen < 0:
        return -1, "", f"its two channels {why}: they were mixed" if why else ""
    return chosen, languages[chosen], f"{told}: the {SIDES[chosen]} channel is heard, {why}"


def _side(context: Context, episode: Episode, transcriber: str, channel: int) -> list[HeardWords]:
    audio = msgspec.structs.replace(episode.audio, channel=channel)
    ear = episode_ear(context, msgspec.structs.replace(episode, audio=audio), transcriber)
    everywhere = np.ones(max(1, round(episode.duration * FRAME_RATE)), dtype=np.float32)
    return list(ear(spans_of(everywhere, FRAME_RATE)[:_SPANS])) if ear else []


def _texts(context: Context, episode: Episode) -> Iterator[tuple[np.ndarray, list[str]]]:
    for source in candidate_sources(episode, context.inputs):
        try:
            cues = read_source(source, context.inputs, episode.language).cues
        except InputError:
            continue  # the stage that reads subtitles says so
        yield (
            np.array([(cue.start, cue.end) for cue in cues], dtype=np.float64).reshape(-1, 2),
            [cue.text for cue in cues],
        )


def _chosen(
    sides: Sequence[Sequence[HeardWords]], supports: Sequence[Sequence[float]], wanted: Sequence[bool]
) -> tuple[int, str]:
    """Return the channel, or -1, and why. supports: how well each channel fits each subtitle."""
    best = [max(each) for each in supports]
    fits = [share >= ENOUGH for share in best]
    if all(fits) and int(np.argmax(supports[0])) != int(np.argmax(supports[1])) and _together(*sides) >= _TOGETHER:
        why = "as it is in the language asked for" if sum(wanted) == 1 else "each has subtitles of its own"
        return (wanted.index(True) if sum(wanted) == 1 else 0), f"{why}; probe.channel takes the other"
    if all(fits) and (_together(*sides) < _TOGETHER or max(best) < _CLEARLY * min(best)):
        return -1, "both say what the subtitles say"
    if all(fits):
        return int(np.argmax(best)), "as the subtitles follow it more closely"
    if any(fits):
        return fits.index(True), "as the subtitles follow it"
    if _alike(*sides):
        return -1, ""
    if sum(wanted) == 1:
        return wanted.index(True), "as it is in the language asked for"
    if _together(*sides) < _TOGETHER:
        return -1, "take turns"
    return 0, "as nothing tells which one is the programme; probe.channel takes the other"


def _alike(left: Sequence[HeardWords], right: Sequence[HeardWords]) -> bool:
    """Return True where both channels hold the same words: wide stereo, not two programmes."""
    words = [word for span in right for word in span.words]
    times = np.array([(word.start, word.end) for word in words], dtype=np.float64).reshape(-1, 2)
    return support(times, [word.text for word in words], left) >= ENOUGH


def _together(left: Sequence[HeardWords], right: Sequence[HeardWords]) -> float:
    """Return the share of the words of the channel with fewer that overlap a word of the other."""
    spoken = [[(word.start, word.end) for span in side for word in span.words] for side in (left, right)]
    fewer, more = sorted(spoken, key=len)
    both = sum(any(start < last and first < end for first, last in more) for start, end in fewer)
    return both / max(1, len(fewer))


def _language(side: Sequence[HeardWords]) -> str:
    """Return the language of most of a channel's words."""
    counted: Counter[str] = Counter()
    for span in side:
        counted[span.language] += len(span.words)
    return counted.most_common(1)[0][0] if counted.total() else ""
