"""What each episode was built from, and what of its files and tracks was not used: read off the notes of the stages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from audiorole.dataset.input.beside import cast_file
from audiorole.dataset.input.streams import side_reason, stream_name
from audiorole.dataset.sources.notes import NOTE, SourcesNote, read_note
from audiorole.dataset.sync.records import SyncNote
from audiorole.pipeline.plan import StagePlan
from audiorole.types import Episode, Record


class EpisodeInputs(Record, frozen=True):
    """audio: the stream heard. subtitles, script, cast: names of what was used, "" for none.

    unused: sentences on every other stream, track and file. fallback: why lines come from speech recognition although
    there are subtitles, "" where they do not.
    """

    audio: str = ""
    subtitles: str = ""
    script: str = ""
    cast: str = ""
    unused: tuple[str, ...] = ()
    fallback: str = ""


NO_INPUTS = EpisodeInputs()


def episode_inputs(plan: StagePlan, episode: Episode) -> EpisodeInputs:
    """Return what a finished `episode` was built from."""
    note, named = _note(plan, "subtitles", episode.id), _note(plan, "script", episode.id)
    refused = _refusal(plan, episode.id) if note.subtitles else ""
    unused = [*_streams(episode), *(f"{name}: {reason}" for name, reason in (*note.unused, *named.unused))]
    if refused:
        unused.insert(0, f"{note.subtitles}: {refused}")
    cast = cast_file(plan.inputs / episode.media, plan.inputs)
    return EpisodeInputs(
        audio=stream_name(episode.audio),
        subtitles="" if refused else note.subtitles,
        script=note.script or named.script,
        cast=str(cast.relative_to(plan.inputs)) if cast else "",
        unused=tuple(unused),
        fallback=_fallback(note, refused),
    )


def _note(plan: StagePlan, stage: str, shard: str) -> SourcesNote:
    if all(known.name != stage for known in plan.stages):
        return SourcesNote()
    return read_note(plan.folder(stage).attachment(shard, NOTE))


def _refusal(plan: StagePlan, shard: str) -> str:
    """Return why sync refused the subtitle that was chosen, "" where it did not."""
    if all(known.name != "sync" for known in plan.stages):
        return ""
    path: Path = plan.folder("sync").attachment(shard, "sync.json")
    marker = plan.folder("sync").read_marker(shard)
    if not path.is_file() or marker is None or marker.kept:
        return ""
    return f"refused, {msgspec.json.decode(path.read_bytes(), type=SyncNote).reason}"


def _fallback(note: SourcesNote, refused: str) -> str:
    if refused:
        return f"{note.subtitles} does not fit the speech"
    subtitles = [name for name, _ in note.unused]
    if note.subtitles or not subtitles:
        return ""
    return f"none of {len(subtitles)} subtitles can be used" if len(subtitles) > 1 else f"{subtitles[0]} cannot be used"


def _streams(episode: Episode) -> Iterator[str]:
    """Yield the audio streams that are not heard."""
    for stream in episode.audio_streams:
        if stream.index != episode.audio.index:
            yield f"audio {stream_name(stream)}: {side_reason(stream) or 'another stream is heard'}"
