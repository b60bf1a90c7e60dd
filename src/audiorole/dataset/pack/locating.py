"""Which file of a folder holds which episode of a pack, on which of its audio tracks, and where each moment lies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from audiorole.audio.media import inspect
from audiorole.audio.prints import Levels, PrintAlignment, PrintIndex, PrintMatch, agreement, align
from audiorole.core.disk import read_sealed, write_sealed
from audiorole.core.progress import Progress
from audiorole.dataset.pack.archive import RebuildPack
from audiorole.dataset.pack.making import levels_of_media, parallel
from audiorole.dataset.pack.records import Located, PackedLine
from audiorole.errors import InputError
from audiorole.types import Record, Source

LEAST_COVERAGE = 0.25
"""Share of an episode that a copy must have. Episodes of a series share an opening: 2.4 % of one of 12 minutes, 12 % of
one of 3."""

LEAST_OF_FILE = 0.6
"""Share of a file that must be of the episode where it has less than that of it: an excerpt."""

LEAST_AGREEMENT = 0.72
"""Share of equal bits in the lines, the median. Copies have 0.84 (sped up, Opus at 24 kbit/s) to 1; other voices over
the same music and effects 0.5 to 0.67 (benchmarks/dataset/rebuild.py)."""

MOST_SIGHTINGS = 4
"""Episodes that one file is tried as: a file may hold two, and openings look like others."""

CACHE = "run/located"
"""In the output folder: what was found in each file, so that a run that was stopped does not listen again."""


class _Look(Record, frozen=True):
    """What was found in one file. stamp: its size and time; pack: hash of the pack's manifest; refused: a sentence."""

    media: str
    stamp: tuple[int, int]
    pack: str
    found: tuple[Located, ...] = ()
    refused: str = ""


@dataclass
class Locations:
    """Episodes that were found; why files and tracks were refused, and what became of episodes that were not found."""

    found: dict[str, Located] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def locate(
    pack: RebuildPack, root: Path, sources: Sequence[Source], out: Path, workers: int, progress: Progress
) -> Locations:
    """Look for the episodes of `pack` in the media files of a folder."""
    searcher = _Searcher(pack, root, out)
    looks = parallel(searcher.look, [source.media for source in sources], workers, "recognising", progress)
    result = Locations()
    for look in looks:
        if look.refused:
            result.refused[look.media] = look.refused
        for found in look.found:
            _take(found, result)
    result.missing = [episode for episode in pack.episodes if episode not in result.found]
    return result


def _take(found: Located, result: Locations) -> None:
    """Keep the better of two copies of an episode."""
    known = result.found.get(found.episode)
    if known and _worth(known) >= _worth(found):
        result.refused[found.media] = f"is another copy of {found.episode}; {known.media} has more of it"
        return
    if known:
        result.refused[known.media] = f"is another copy of {found.episode}; {found.media} has more of it"
    result.found[found.episode] = found


def _worth(found: Located) -> float:
    return round(found.alignment.coverage * (found.alignment.agreement - 0.5), 3)


class _Searcher:
    """Looks into one file after the other."""

    def __init__(self, pack: RebuildPack, root: Path, out: Path) -> None:
        self.pack, self.root, self.out = pack, root, out
        self.prints = {episode: pack.print(episode) for episode in pack.episodes}
        self.lines: Mapping[str, list[PackedLine]] = {episode: pack.lines(episode) for episode in pack.episodes}
        self.index = PrintIndex(self.prints)
        self.mark = pack.digest

    def look(self, media: str) -> _Look:
        """Return what is in a file, from an earlier look where nothing changed."""
        stat = (self.root / media).stat()
        stamp = (stat.st_size, stat.st_mtime_ns)
        note = self.out / CACHE / f"{media}.json"
        known = _read_look(note)
        if known and (known.stamp, known.pack) == (stamp, self.mark):
            return known
        found, refused = self._heard(media)
        look = _Look(media, stamp, self.mark, tuple(found), refused)
        write_sealed(note, msgspec.json.encode(look))
        return look

    def _heard(self, media: str) -> tuple[list[Located], str]:
        """Return the episodes in a file, or why there is none."""
        path, why, best = self.root / media, "", dict[str, Located]()
        try:
            streams = [stream.index for stream in inspect(path).audio]
            for stream in streams:
                found, reason = self._track(media, stream, levels_of_media(path, stream))
                why = why or reason
                for one in found:
                    if one.episode not in best or _worth(best[one.episode]) < _worth(one):
                        best[one.episode] = one
        except InputError as error:
            why = error.problem
        return list(best.values()), "" if best else why or "is none of the pack's episodes"

    def _track(self, media: str, stream: int, levels: Levels) -> tuple[list[Located], str]:
        """Return the episodes that an audio track is of, and why it is none that it resembles."""
        sightings = self.index.find_all(levels)[:MOST_SIGHTINGS]
        located = sorted((self._located(media, stream, levels, one) for one in sightings), key=_worth, reverse=True)
        reasons = [_refusal(one, levels.duration) for one in located]
        found = [one for one, reason in zip(located, reasons, strict=True) if not reason]
        return _apart(found), "" if found else next(iter(reasons), "")

    def _located(self, media: str, stream: int, levels: Levels, sighting: PrintMatch) -> Located:
        frames, episode = self.prints[sighting.name], sighting.name
        alignment = align(frames, levels, sighting)
        spans = [(line.start, line.end) for line in self.lines[episode]]
        heard = agreement(frames, levels, alignment, spans)
        return Located(episode, media, stream, alignment, tuple(x if x is None else round(x, 3) for x in heard))


def _apart(found: Sequence[Located]) -> list[Located]:
    """Return those of the episodes found in one track, the best first, that are not the same minutes of it."""
    kept: list[Located] = []
    for one in found:
        own = _seconds(one.alignment)
        if all(_shared_seconds(one.alignment, other.alignment) < 0.5 * own for other in kept):
            kept.append(one)
    return kept


def _spans(alignment: PrintAlignment) -> list[tuple[float, float]]:
    """Return the spans of the copy that its pieces lie at."""
    return [(one.offset + one.rate * one.start, one.offset + one.rate * one.end) for one in alignment.pieces]


def _seconds(alignment: PrintAlignment) -> float:
    return sum(end - start for start, end in _spans(alignment))


def _shared_seconds(one: PrintAlignment, other: PrintAlignment) -> float:
    return sum(max(0.0, min(a[1], b[1]) - max(a[0], b[0])) for a in _spans(one) for b in _spans(other))


def _refusal(found: Located, duration: float) -> str:
    """Return why a track of `duration` seconds is not the episode that it resembles, "" where it is."""
    coverage, heard = found.alignment.coverage, [share for share in found.heard if share is not None]
    if coverage < LEAST_COVERAGE and _seconds(found.alignment) < LEAST_OF_FILE * duration:
        return f"is another episode: {coverage:.1%} of {found.episode} sounds in it"
    median = float(np.median(heard)) if heard else found.alignment.agreement
    if median < LEAST_AGREEMENT:
        return (
            f"has other voices than {found.episode}: its lines agree to {median:.0%}, those of a copy to 84 % or more; "
            "it is a dub, or another mix"
        )
    return ""


def _read_look(path: Path) -> _Look | None:
    data = read_sealed(path)
    try:
        return msgspec.json.decode(data, type=_Look) if data else None
    except msgspec.MsgspecError:
        return None


def refused_sentences(result: Locations) -> Iterator[str]:
    """Yield a sentence for each file that is used for nothing, and for each episode that no file holds."""
    for media, why in sorted(result.refused.items()):
        yield f"not used: {media} {why}"
    for episode in result.missing:
        yield f"missing: no file holds {episode}"
