"""The stages of the straight line, in order: one line here, one file beside, one test.

A name is a table in a recipe (`[segment] min_speech = 0.1`). Third parties add stages by an entry point in the group
`audiorole.stages` and by naming them in a recipe's `[build] stages` list.
"""

from __future__ import annotations

STAGES: dict[str, str] = {
    "probe": "audiorole.dataset.stages.probe:Probe",
    "listen": "audiorole.dataset.stages.listen:Listen",
    "subtitles": "audiorole.dataset.stages.subtitles:ReadSubtitles",
    "sync": "audiorole.dataset.stages.sync:Sync",
    "segment": "audiorole.dataset.stages.segment:Segment",
    "validate": "audiorole.dataset.stages.validate:Validate",
    "script": "audiorole.dataset.stages.script:NameByScript",
    "language": "audiorole.dataset.stages.language:CheckLanguage",
    "embed": "audiorole.dataset.stages.embed:Embed",
    "quality": "audiorole.dataset.stages.quality:RateQuality",
    "enhance": "audiorole.dataset.stages.enhance:Enhance",
    "faces": "audiorole.dataset.stages.faces:ReadFaces",
    "dedup": "audiorole.dataset.stages.dedup:Dedup",
    "name": "audiorole.dataset.stages.name:Name",
    "converse": "audiorole.dataset.stages.converse:Converse",
    "correct": "audiorole.dataset.stages.correct:Correct",
    "curate": "audiorole.dataset.stages.curate:Curate",
    "publish": "audiorole.dataset.stages.publish:Publish",
}
"""Name → where its class lives."""

OTHER_STAGES: dict[str, str] = {"restore": "audiorole.dataset.stages.restore:Restore"}
"""Stages of other lines than a build's: `restore` of a rebuild."""
