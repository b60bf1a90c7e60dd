"""The stages of the straight line, in order: one line here, one file in `signals`, `words` or `series`, one test.

A name is a table in a recipe (`[segment] min_speech = 0.1`). Third parties add stages by an entry point in the group
`audiorole.stages` and by naming them in a recipe's `[build] stages` list.
"""

from __future__ import annotations

STAGES: dict[str, str] = {
    "probe": "audiorole.dataset.stages.signals.probe:Probe",
    "listen": "audiorole.dataset.stages.signals.listen:Listen",
    "subtitles": "audiorole.dataset.stages.words.subtitles:ReadSubtitles",
    "sync": "audiorole.dataset.stages.words.sync:Sync",
    "segment": "audiorole.dataset.stages.words.segment:Segment",
    "validate": "audiorole.dataset.stages.words.validate:Validate",
    "script": "audiorole.dataset.stages.words.script:NameByScript",
    "language": "audiorole.dataset.stages.words.language:CheckLanguage",
    "embed": "audiorole.dataset.stages.signals.embed:Embed",
    "quality": "audiorole.dataset.stages.signals.quality:RateQuality",
    "enhance": "audiorole.dataset.stages.signals.enhance:Enhance",
    "faces": "audiorole.dataset.stages.signals.faces:ReadFaces",
    "dedup": "audiorole.dataset.stages.series.dedup:Dedup",
    "name": "audiorole.dataset.stages.series.name:Name",
    "converse": "audiorole.dataset.stages.series.converse:Converse",
    "correct": "audiorole.dataset.stages.series.correct:Correct",
    "curate": "audiorole.dataset.stages.series.curate:Curate",
    "publish": "audiorole.dataset.stages.series.publish:Publish",
}
"""Name → where its class lives."""

OTHER_STAGES: dict[str, str] = {"restore": "audiorole.dataset.stages.series.restore:Restore"}
"""Stages of other lines than a build's: `restore` of a rebuild."""
