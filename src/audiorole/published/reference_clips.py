"""A clean reference clip of each character: some of its lines, one after the other, and nobody else's speech.

A line may serve where it is clean and sure (`serves`), nobody else's line touches it, and the dataset holds both its
neighbours or knows that there is none: what was left out between two lines may be another voice that runs into them.
What no subtitle shows may be in a line too: then its words take longer than those of other lines do. A line that is
much slower than the series is in no clip, and one that is slower comes after the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from audiorole.published.lines import PublishedEpisode, PublishedLine
from audiorole.published.sound import Waveform, samples_of
from audiorole.types.ids import line_number

SECONDS = 10.0
"""What a clip holds at most; voice cloners ask for 3 to 15 s."""

LEAST_SECONDS = 1.5
SHORTEST_LINE, LONGEST_LINE = 0.8, SECONDS
LEAST_PROBABILITY = 0.9
SURE = 0.95
"""Probability from which a name is surer than those of other lines."""

MIDDLING = 6.0
"""Seconds beyond which a line comes after shorter ones: in a long one there is more room for somebody else."""

SLOW, MUCH_SLOWER = 0.8, 0.6
"""Share of the series' middle pace below which a line is slow, or so slow that it may hold another's speech. On even
episodes of the English series 6.6 % of slow lines do, and 1.3 % of others (`benchmarks/reference_clips.py`)."""

PAUSE = 0.25
"""Seconds of silence between two lines of a clip."""

ROOM = 0.1
"""Seconds that nobody else's line may come near: subtitles begin and end a little early or late."""


@dataclass(frozen=True)
class PooledClip:
    """A character's clip. character: written form; lines: what it is made of, in order; text: their words."""

    character: str
    lines: tuple[PublishedLine, ...]

    @property
    def text(self) -> str:
        """The words of the clip."""
        return " ".join(" ".join(line.values["text"].split()) for line in self.lines)

    def samples(self, rate: int) -> Waveform:
        """Return the clip at `rate` Hz, float32 `(num_samples,)`, with short pauses between its lines."""
        pause = np.zeros(round(PAUSE * rate), dtype=np.float32)
        parts = [part for line in self.lines for part in (pause, samples_of(line, rate))]
        return np.concatenate(parts[1:])


def reference_clips(episodes: Iterable[tuple[PublishedEpisode, Sequence[PublishedLine]]]) -> dict[str, PooledClip]:
    """Return written form → clip, for each character of whom enough clean speech was chosen.

    episodes: with the lines that may be taken. The best lines come first: sure names, no slow lines, tier, no long
    lines, probability, length, id; lines of `train` before those of other splits, so that a clip gives nothing of a
    test away where it need not.
    """
    able: dict[str, list[PublishedLine]] = defaultdict(list)
    paces: dict[tuple[str, str], list[float]] = defaultdict(list)
    for episode, chosen in episodes:
        alone = set(_alone(episode.lines))
        for line in episode.lines:
            paces[_tongue(line)].append(pace(line))
        for line in chosen:
            if line.character and line.id in alone and serves(line):
                able[line.character].append(line)
    middle = {tongue: float(np.median(found)) for tongue, found in paces.items()}
    clips = {who: _clip(who, lines, middle) for who, lines in sorted(able.items())}
    return {who: clip for who, clip in clips.items() if sum(map(_seconds, clip.lines)) >= LEAST_SECONDS}


def pace(line: PublishedLine) -> float:
    """Return the letters and digits a second of speech; a line without speech has its whole length."""
    spoken = float(line.values["duration"] * (line.values["speech_share"] or 1.0))
    return sum(map(str.isalnum, line.values["text"])) / max(spoken, 0.1)


def _tongue(line: PublishedLine) -> tuple[str, str]:
    return line.values["series"], line.values["language"]


def serves(line: PublishedLine) -> bool:
    """Return whether a line is clean and sure enough to stand for a voice."""
    values = line.values
    return (
        values["tier"] != "C"
        and (values["probability"] or 0.0) >= LEAST_PROBABILITY
        and not values["overlap_share"]
        and not values["music_share"]
        and not values["duplicate_of"]
        and SHORTEST_LINE <= values["duration"] <= LONGEST_LINE
    )


def _alone(lines: Sequence[PublishedLine]) -> Iterator[str]:
    """Yield the ids of the lines that nobody else's speech touches, as far as the dataset shows."""
    numbers = {line_number(line.id) for line in lines}
    last = max(numbers)
    starts, ends = (np.array([line.values[name] for line in lines]) for name in ("start", "end"))
    voices = np.array([line.character or line.id for line in lines])
    for line, start, end, voice in zip(lines, starts, ends, voices, strict=True):
        number = line_number(line.id)
        whole = (number - 1 in numbers or number <= 1) and (number + 1 in numbers or number == last)
        touching = (starts < end + ROOM) & (ends > start - ROOM) & (voices != voice)
        if whole and not touching.any():
            yield line.id


def _clip(who: str, lines: list[PublishedLine], middle: dict[tuple[str, str], float]) -> PooledClip:
    """middle: of each series and language, the pace of its lines."""
    paced = [(pace(line) / (middle[_tongue(line)] or 1.0), line) for line in lines]
    taken: list[PublishedLine] = []
    left = SECONDS
    for _, line in sorted((each for each in paced if each[0] >= MUCH_SLOWER), key=_rank):
        if _seconds(line) + PAUSE <= left:
            taken.append(line)
            left -= _seconds(line) + PAUSE
    return PooledClip(who, tuple(sorted(taken, key=lambda line: line.id)))


def _rank(paced: tuple[float, PublishedLine]) -> tuple[object, ...]:
    share, line = paced
    sure = round(line.values["probability"], 2)
    doubt = (line.split != "train", sure < SURE, share < SLOW)
    return *doubt, line.values["tier"] or "B", _seconds(line) > MIDDLING, -sure, -_seconds(line), line.id


def _seconds(line: PublishedLine) -> float:
    return float(line.values["duration"])
