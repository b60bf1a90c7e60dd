"""Why a line has its character, for a person."""

from __future__ import annotations

import difflib
from pathlib import Path

from audiorole.dataset.build import finished_plan
from audiorole.errors import UnknownNameError, UserError
from audiorole.pipeline.store import read_records
from audiorole.types import Utterance

CUES = {
    "bias": "how much the character talks in all",
    "voice": "the voice, against the character's lines in the series",
    "near": "the voice, against lines of the same episode",
    "cast": "who is in the episode and spoke last",
    "turn": "whose turn it is",
    "face": "faces on screen",
    "text": "names, forms of address, idiom and pace of the text; songs",
    "dash": "another speaker in the same dash cue",
    "seed": "the name that the subtitle, script or a person gave",
}


NAMING = ("name", "restore")
"""Stages that say who speaks: of a build, and of a dataset that was made again from a pack."""


def explain(out: Path, line_id: str) -> str:
    """Return the ledger of a line as text. Raises UserError where there is no such build or line."""
    line = _find(out, line_id)
    naming = line.naming
    if naming is None:
        raise UserError(f"{line_id} was never named.")
    who, other = naming.character or "someone else", naming.runner_up or "someone else"
    rows = [f"{line.id}  {line.start:.2f}–{line.end:.2f} s  {line.text!r}"]
    if not naming.probability:
        return "\n".join([*rows, f"Anonymous voice {naming.speaker}: nothing says who it is."])
    rows.append(f"{who} with probability {naming.probability:.3f}; next {other} ({naming.runner_up_probability:.3f}).")
    rows.append(f"Evidence for {who} over {other}, in log-odds (voice {naming.speaker or 'unknown'}):")
    for entry in sorted(naming.evidence, key=lambda entry: -abs(entry.log_odds)):
        note = f" [{entry.note}]" if entry.note else ""
        rows.append(f"  {entry.log_odds:+7.2f}  {entry.cue:<6} {CUES.get(entry.cue, '')}{note}")
    return "\n".join(rows)


def _find(out: Path, line_id: str) -> Utterance:
    line = finished_plan(out)
    naming = next((stage.name for stage in line.stages if stage.name in NAMING), "")
    if not naming:
        raise UserError(f"{out} was built without the stage 'name': nobody was named there.")
    folder, shard = line.folder(naming), line_id.rpartition("/")[0]
    path = folder.records(shard)
    if not shard or not path.exists():
        raise UnknownNameError("episode", shard or line_id, folder.shards())
    lines = {line.id: line for line in read_records(path, Utterance)}
    if line_id not in lines:
        near = difflib.get_close_matches(line_id, lines, n=3)
        raise UserError(f"No line {line_id!r} was named in {shard}. Near it: {', '.join(near) or 'none'}.")
    return lines[line_id]
