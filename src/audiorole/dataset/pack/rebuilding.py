"""Make a dataset again from a pack and somebody's own copies of the episodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.config import Tables
from audiorole.core.disk import write_atomic, write_changed
from audiorole.core.out_folder import held, refuse_links
from audiorole.core.progress import Progress, Silent
from audiorole.dataset.build import WRITTEN, BuildOptions, finish_plan, make_plan
from audiorole.dataset.input.scan import Scan, Skipped, scan
from audiorole.dataset.names.decision_file import LOG
from audiorole.dataset.pack.archive import RebuildPack
from audiorole.dataset.pack.locating import Locations, locate, refused_sentences
from audiorole.dataset.pack.making import sound_hashes
from audiorole.dataset.pack.records import EpisodeReport
from audiorole.dataset.result.summary import Summary
from audiorole.dataset.stages.series.restore import LOCATED, PACK, REPORT
from audiorole.errors import InputError
from audiorole.models.requirements import require_models
from audiorole.naming.answers.decisions import encode_log
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.run import Runner, RunSummary
from audiorole.pipeline.store import clean_partial
from audiorole.types import Record, Source

STAGES = ("probe", "listen", "subtitles", "restore", "enhance", "publish")
"""What a rebuild does; `restore` puts the subtitle on the clock of the audio, as it knows where the lines are."""

DEFAULTS: Tables = {"listen": {"overlap": ""}}
"""One detector of speech is enough to choose a subtitle."""

RESULT = "rebuild.json"
"""In the output folder: a `RebuildReport`."""


class RebuildReport(Record, frozen=True):
    """What came back. pack: its digest; episodes: those that were found; problems: a sentence for each that was not."""

    pack: str
    lines: int
    restored: int
    episodes: tuple[EpisodeReport, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class RebuildResult:
    """What a rebuild did. summary: of the dataset; report: against the pack."""

    run: RunSummary
    summary: Summary
    report: RebuildReport
    changed: bool

    @property
    def exit_code(self) -> int:
        """0: every episode came back; 1: some are missing or could not be read."""
        whole = {one.id for one in self.report.episodes}
        return 1 if self.run.quarantined or len(whole) < self.num_episodes else 0

    @property
    def num_episodes(self) -> int:
        """Episodes of the pack."""
        return len(self.report.episodes) + sum(one.startswith("missing:") for one in self.report.problems)


@dataclass(frozen=True)
class RebuildOptions:
    """pack: the file; folder: with the media and subtitles; out: where to; tables: settings by stage."""

    pack: Path
    folder: Path
    out: Path
    tables: Tables
    workers: int = 1


def rebuild(options: RebuildOptions, runner: Runner, progress: Progress | None = None) -> RebuildResult:
    """Build the dataset of a pack from the media in a folder; resumes what an earlier, even killed, run left.

    Raises InputError for a pack that cannot be trusted, and where no file of the folder holds any of its episodes.
    """
    pack, found = RebuildPack(options.pack), scan(options.folder, options.out)
    plan = _plan(options, pack, found.root)
    require_models(plan.models())
    progress = progress or Silent()
    with held(options.out):
        refuse_links(options.out, (*WRITTEN, PACK, RESULT))
        clean_partial(options.out)
        write_changed(options.out / PACK, options.pack.read_bytes())
        places = locate(pack, found.root, found.sources, options.out, options.workers, progress)
        if not places.found:
            raise InputError(str(options.folder), _nothing(places))
        _write_notes(pack, places, options.out)
        labels = tuple(msgspec.structs.replace(one, packed=True) for one in pack.manifest.labels)
        run, summary, changed = finish_plan(plan, _scan_of(found, places), options.out, runner, progress, [], labels)
        report = _report(plan, pack, places)
        data = msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"
        changed = write_changed(options.out / RESULT, data) or changed
    return RebuildResult(run, summary, report, bool(run.computed or run.quarantined) or changed)


def _plan(options: RebuildOptions, pack: RebuildPack, root: Path) -> StagePlan:
    """Return the plan: what the pack says of publishing, what the caller says of everything."""
    tables: dict[str, Mapping[str, Any]] = {**DEFAULTS, "publish": pack.manifest.publish}
    languages = {episode.language for episode in pack.manifest.episodes}
    if len(languages) == 1:
        tables["subtitles"] = {"language": languages.pop()}
    for name, table in options.tables.items():
        tables[name] = {**tables.get(name, {}), **table}
    tables["build"] = {"stages": list(STAGES)}
    return make_plan(BuildOptions(options.folder, options.out, {n: dict(t) for n, t in tables.items()}), root)


def _nothing(places: Locations) -> str:
    told = "; ".join(f"{media} {why}" for media, why in sorted(places.refused.items())[:3])
    more = len(places.refused) - 3
    return f"holds no episode of the pack: {told}" + (f"; and {more} more files" if more > 0 else "")


def _write_notes(pack: RebuildPack, places: Locations, out: Path) -> None:
    """Write where each episode lies, and the decisions that came with the pack where there are none yet."""
    for episode, located in places.found.items():
        write_changed(out / LOCATED / f"{episode}.json", msgspec.json.encode(located))
    decisions = pack.decisions()
    if decisions and not (out / LOG).exists():
        write_atomic(out / LOG, encode_log(decisions))


def _scan_of(found: Scan, places: Locations) -> Scan:
    """Return the scan with the pack's episodes as its sources; every other file says why it is not used."""
    sources = tuple(Source(episode, located.media, located.stream) for episode, located in sorted(places.found.items()))
    refused = tuple(Skipped(media, why) for media, why in sorted(places.refused.items()))
    return Scan(found.root, sources, (*found.skipped, *refused), found.unused)


def _report(plan: StagePlan, pack: RebuildPack, places: Locations) -> RebuildReport:
    """Return the report over all episodes, with how many lines sound sample for sample as those of the pack."""
    reports = tuple(_episode_report(plan, pack, episode) for episode in sorted(places.found) if _done(plan, episode))
    lines = sum(episode.lines for episode in pack.manifest.episodes)
    restored = sum(one.restored for one in reports)
    return RebuildReport(pack.digest, lines, restored, reports, tuple(refused_sentences(places)))


def _done(plan: StagePlan, episode: str) -> bool:
    return plan.folder("restore").attachment(episode, REPORT).is_file()


def _episode_report(plan: StagePlan, pack: RebuildPack, episode: str) -> EpisodeReport:
    report = msgspec.json.decode(plan.folder("restore").attachment(episode, REPORT).read_bytes(), type=EpisodeReport)
    path = plan.folder("publish").attachment(episode, "parquet")
    found = sound_hashes(path) if path.is_file() else {}
    same = sum(found.get(line.id) == line.sound for line in pack.lines(episode) if line.sound)
    return msgspec.structs.replace(report, same_sound=same)


def total_texts(reports: Iterable[EpisodeReport]) -> dict[str, int]:
    """Return where the texts of all lines are from."""
    found: dict[str, int] = {}
    for report in reports:
        for name, count in msgspec.structs.asdict(report.texts).items():
            found[name] = found.get(name, 0) + count
    return found
