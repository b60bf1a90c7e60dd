"""Episodes as the timeline shows them: who speaks when, where scenes break, what was left out and how sync went."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import msgspec

from audiorole.dataset.result.summary import EpisodeCount
from audiorole.dataset.sync.records import SyncNote
from audiorole.report.build_folder import BuildFolder
from audiorole.types import Utterance, shown_names
from audiorole.types.plain import JsonObject

MOST_TEXT = 320
"""Characters of a line's text that the page shows; more would be a paragraph, not a line."""

NOTABLE_SHARE = 0.15
"""Share of a line that must be overlapped or over music to be marked; less is two breaths that touch."""

OVERLAPPED, MUSIC, OFF_SCREEN = 1, 2, 4
"""Bits of a line's mark; timeline.js knows them."""


class LeftLine(msgspec.Struct, frozen=True):
    """A line that is not in the dataset, on the clock of the audio."""

    start: float
    end: float
    reason: str
    text: str


@dataclass(frozen=True)
class EpisodeTimeline:
    """One episode. left: lines left out after sync; hidden: how many lines were too many to show."""

    count: EpisodeCount
    lines: list[Utterance]
    left: list[LeftLine]
    sync: SyncNote | None
    hidden: int = 0


@dataclass(frozen=True)
class Roles:
    """Characters by number: those of the summary first, the one with most speech as 0; the first dozen have colours.

    names: their written forms, `show/Gus`; shown: what the page calls them.
    """

    names: tuple[str, ...]
    numbers: Mapping[str, int]

    COLOURS = 12

    @cached_property
    def shown(self) -> dict[str, str]:
        """Written form → name, with the series where two share it."""
        return shown_names(self.names) | {"": "someone else"}

    @classmethod
    def of(cls, names: Sequence[str]) -> Roles:
        """Return the roles of `names`; nobody in particular ("") is the last and has no colour."""
        ordered = (*(name for name in names if name), "")
        return cls(ordered, {name: number for number, name in enumerate(ordered)})

    def number(self, name: str) -> int:
        """Return the number of a character; one that the summary does not count is nobody in particular."""
        return self.numbers.get(name, len(self.names) - 1)

    def colour(self, name: str) -> int | None:
        """Return the character's colour, or None where it shares the grey one."""
        number = self.number(name)
        return number if number < self.COLOURS and name else None


def chosen_episodes(episodes: Sequence[EpisodeCount], limit: int) -> list[EpisodeCount]:
    """Return at most `limit` episodes with lines, evenly spread over the series and with its first one."""
    built = [episode for episode in episodes if episode.lines]
    if len(built) <= limit:
        return built
    return [built[round(number * (len(built) - 1) / (limit - 1))] for number in range(limit)]


def left_lines(build: BuildFolder, episode: str) -> Iterator[LeftLine]:
    """Yield what was left out of `episode` after sync: before it, times are not those of the audio."""
    first = build.stages.index("sync") + 1 if "sync" in build.stages else len(build.stages)
    for stage in build.stages[first:]:
        for dropped in build.dropped(stage, episode):
            try:
                line = msgspec.json.decode(dropped.record, type=Utterance)
            except msgspec.ValidationError:  # somebody else's stage drops what is no line
                continue
            yield LeftLine(line.start, line.end, dropped.reason, shortened(line.text))


def shortened(text: str) -> str:
    """Return `text` on one line, cut to what the page shows.

    >>> shortened("  a\\n b ")
    'a b'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= MOST_TEXT else f"{flat[: MOST_TEXT - 1]}…"


def timeline_data(timelines: Sequence[EpisodeTimeline], roles: Roles, clips: Mapping[str, int]) -> JsonObject:
    """Return what timeline.js draws. clips: id of a line → number of its clip."""
    return {
        "characters": [roles.shown[name] for name in roles.names],
        "colours": Roles.COLOURS,
        "episodes": [_episode(timeline, roles, clips) for timeline in timelines],
    }


def _episode(timeline: EpisodeTimeline, roles: Roles, clips: Mapping[str, int]) -> JsonObject:
    count = timeline.count
    return {
        "id": count.id,
        "duration": count.duration,
        "lines": [_row(line, roles, clips) for line in timeline.lines],
        "left": [[left.start, left.end, left.reason, left.text] for left in timeline.left],
        "scenes": list(_scene_breaks(timeline.lines)),
    }


def _row(line: Utterance, roles: Roles, clips: Mapping[str, int]) -> list[object]:
    probability = round(line.naming.probability, 3) if line.naming else None
    number, clip = roles.number(line.who), clips.get(line.id, -1)
    return [line.start, line.end, number, probability, marks(line), shortened(line.text), clip, line.language]


def marks(line: Utterance) -> int:
    """Return what is notable about a line's sound, as bits."""
    found = 0
    if line.speech and line.speech.overlap_share >= NOTABLE_SHARE:
        found |= OVERLAPPED
    if line.speech and line.speech.music_share >= NOTABLE_SHARE:
        found |= MUSIC
    if line.cue and line.cue.italic:
        found |= OFF_SCREEN
    return found


def _scene_breaks(lines: Sequence[Utterance]) -> Iterator[float]:
    """Yield the time between two lines of different scenes."""
    for before, after in pairwise(lines):
        if before.place and after.place and before.place.scene != after.place.scene:
            yield round((before.end + after.start) / 2, 2)


def sync_sentence(note: SyncNote | None) -> str:
    """Return in a sentence what sync did."""
    if note is None:
        return "There was nothing to synchronise."
    if not note.accepted:
        return f"The subtitles were not moved: {note.reason or 'no alignment could be trusted'}."
    found = note.reason or (
        "put on the audio's clock" + (f" in {len(note.pieces)} pieces" if len(note.pieces) > 1 else "")
    )
    return f"Subtitles: {found.rstrip('.')}; confidence {note.confidence:.2f}."


def piece_sentence(piece: Mapping[str, float]) -> str:
    """Return one piece of the alignment; it begins at a cut, on the subtitle's clock, or with the subtitle.

    >>> piece_sentence({"start": 61.0, "end": 1e6, "offset": -2.5})
    'from 1:01: 2.50 s earlier'
    """
    start, offset, rate = piece.get("start", 0.0), piece.get("offset", 0.0), piece.get("rate", 1.0)
    since = f"from {int(start) // 60}:{int(start) % 60:02d}" if start > 0 else "from the beginning"
    moved = f"{abs(offset):.2f} s {'later' if offset >= 0 else 'earlier'}"
    return f"{since}: {moved}" + (f", {rate:.5f} times as long" if abs(rate - 1) > 1e-6 else "")
