"""The run: shards of items per system, each finished shard a file, the numbers added up from the files."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from audiorole.core.progress import Progress, Silent
from audiorole.core.store import read_records, write_atomic
from audiorole.errors import ConfigError, InputError
from audiorole.evaluation.corpus import Corpus
from audiorole.evaluation.gallery import Gallery, build_gallery
from audiorole.evaluation.gates.calibrate import Calibration, calibrate
from audiorole.evaluation.hearing.listener import Listener
from audiorole.evaluation.items import ItemSet, build_items
from audiorole.evaluation.metrics import METRICS
from audiorole.evaluation.metrics.acoustic import ApNorm
from audiorole.evaluation.metrics.base import Metric
from audiorole.evaluation.run.records import Row, Timing
from audiorole.evaluation.run.replies import Interviewer
from audiorole.evaluation.run.score import Scorer
from audiorole.evaluation.suite import PROTOCOL, Suite
from audiorole.evaluation.systems import SYSTEMS
from audiorole.evaluation.systems.anchors import ANCHORS, AnchorSystem
from audiorole.evaluation.systems.base import SpeechSystem
from audiorole.types import Dialogue

logger = logging.getLogger(__name__)

SHARD_ITEMS = 16
"""Items per shard: what an interrupted run hears twice at most (replies themselves are kept one by one)."""

SECOND = "@second"
"""Suffix of `ap_norm` by the second encoder."""


@dataclass
class Evaluation:
    """Everything a run needs, made once: `Evaluation.prepare(corpus, suite, listener)`.

    Holds no rows: they stream from the shards, so ten thousand of them cost no more memory than ten.
    """

    corpus: Corpus
    suite: Suite
    listener: Listener
    items: ItemSet
    gallery: Gallery
    calibration: Calibration
    metrics: dict[str, Metric]
    models: dict[str, str] = field(default_factory=dict)

    @classmethod
    def prepare(
        cls, corpus: Corpus, suite: Suite, listener: Listener, models: Mapping[str, str] | None = None
    ) -> Evaluation:
        """Choose the items, hear the real lines, set the gates, build the metrics that the listener can serve.

        Raises ConfigError where the corpus has no items, UnknownNameError for an unknown metric.
        """
        items = build_items(corpus, suite)
        logger.info("%d items of %d roles; hearing the real lines", len(items.items), len(items.roles))
        gallery = build_gallery(corpus, items, suite, listener)
        calibration = calibrate(gallery, listener)
        return cls(
            corpus,
            suite,
            listener,
            items,
            gallery,
            calibration,
            build_metrics(suite, gallery, listener),
            dict(models or {}),
        )

    @property
    def signature(self) -> str:
        """The line that two results must share to be compared."""
        models = " ".join(f"{name}={value}" for name, value in sorted(self.models.items()))
        return (
            f"ARP-Eval {PROTOCOL} · suite {self.suite.name}#{self.suite.hash} · data {self.corpus.name}#"
            f"{self.corpus.fingerprint} · {len(self.items.items)} items × {self.suite.seeds} seeds · {models}"
        ).strip(" ·")

    def shards(self) -> list[tuple[Dialogue, ...]]:
        """Return the items in shards, in order."""
        items = self.items.items
        return [items[at : at + SHARD_ITEMS] for at in range(0, len(items), SHARD_ITEMS)]


@dataclass(frozen=True)
class Entrant:
    """A system in a run. name: of its folder and in the report; anchors are built in, others named by reference."""

    name: str
    reference: str

    @property
    def anchor(self) -> bool:
        """Whether it is one of ours."""
        return self.reference == f"anchor:{self.name}"

    def open(self, evaluation: Evaluation) -> SpeechSystem:
        """Return the system, ready to be asked."""
        if self.anchor:
            return AnchorSystem(ANCHORS[self.name], evaluation.gallery, evaluation.listener)
        name, _, location = self.reference.partition("@")
        return SYSTEMS.load(name)(location or None)  # type: ignore[no-any-return]


Open = Callable[[Evaluation], SpeechSystem]


def entrants(references: Sequence[str], anchors: bool = True) -> list[Entrant]:
    """Return the anchors and the systems of `references`, each `[label=]name[@location]`.

    Raises UnknownNameError, and ConfigError where two have one name.
    """
    found = [Entrant(name, f"anchor:{name}") for name in ANCHORS] if anchors else []
    for text in references:
        label, equals, reference = text.partition("=")
        reference = reference if equals and "@" not in label else text
        label = label if equals and "@" not in label else reference
        SYSTEMS.target(reference.partition("@")[0])
        found.append(Entrant(_folder_name(label), reference))
    twins = {one.name for one in found if sum(other.name == one.name for other in found) > 1}
    if twins:
        raise ConfigError(
            f"Two systems are called {sorted(twins)[0]!r}; give one a label: --system label=name@location."
        )
    return found


def build_metrics(suite: Suite, gallery: Gallery, listener: Listener) -> dict[str, Metric]:
    """Return the metrics of the suite that this listener can serve; asked for by name and not servable: ConfigError."""
    heard = {"speaker"} | {name for name in ("asr", "quality", "text") if getattr(listener, name) is not None}
    found: dict[str, Metric] = {}
    for name in suite.metrics or METRICS.names():
        metric: Metric = METRICS.load(name)(gallery, listener)
        missing = set(metric.card.senses) - heard
        if missing and suite.metrics:
            raise ConfigError(f"Metric {name!r} needs a model for {', '.join(sorted(missing))}; name one in [models].")
        if not missing:
            found[name] = metric
    for encoder in list(listener.speakers)[1:]:
        found[f"ap_norm{SECOND}"] = ApNorm(gallery, listener, encoder)
    return found


def evaluate(
    evaluation: Evaluation,
    systems: Sequence[Entrant],
    out: Path,
    progress: Progress | None = None,
    opened: Mapping[str, SpeechSystem] | None = None,
) -> None:
    """Ask and score every system, shard by shard; what `out` already holds is not done again.

    opened: systems already open, by name (Python callables, tests). Raises ConfigError where `out` belongs to another
    signature: two protocols never share a folder.
    """
    claim(out, evaluation)
    progress = progress or Silent()
    shards = evaluation.shards()
    progress.start("evaluate", {f"{one.name} {at}": len(shard) for one in systems for at, shard in enumerate(shards)})
    for entrant in systems:
        folder = system_folder(out, entrant.name)
        given = (opened or {}).get(entrant.name)
        make = functools.partial(_opened, given, entrant, evaluation)
        for at in _run_system(evaluation, entrant, make, folder, shards):
            progress.done(f"{entrant.name} {at}", ())


def _opened(given: SpeechSystem | None, entrant: Entrant, evaluation: Evaluation) -> SpeechSystem:
    return given if given is not None else entrant.open(evaluation)


def _run_system(
    evaluation: Evaluation,
    entrant: Entrant,
    make: Callable[[], SpeechSystem],
    folder: Path,
    shards: Sequence[Sequence[Dialogue]],
) -> Iterator[int]:
    """Yield the number of each finished shard; the system is opened only if a shard is left to do."""
    system: SpeechSystem | None = None
    try:
        for at, shard in enumerate(shards):
            if not shard_path(folder, at).is_file():
                system = system or make()
                _run_shard(evaluation, entrant, system, folder, at, shard)
            yield at
    finally:
        if system is not None:
            system.close()


def _run_shard(
    evaluation: Evaluation, entrant: Entrant, system: SpeechSystem, folder: Path, at: int, shard: Sequence[Dialogue]
) -> None:
    scorer = Scorer(evaluation.gallery, evaluation.listener, evaluation.calibration.limits, evaluation.metrics)
    interviewer = Interviewer(system, evaluation.gallery, None if entrant.anchor else folder / "replies")
    waives = ANCHORS[entrant.name].waives if entrant.anchor else frozenset()
    seeds = range(1 if entrant.anchor else evaluation.suite.seeds)  # an anchor says the same whatever its seed
    rows: list[Row] = []
    timings: list[Timing] = []
    for item in shard:
        for seed in seeds:
            note, audio, timing = interviewer.ask(item, seed)
            rows.append(scorer.row(item, seed, note, audio, waives))
            timings += [timing] if timing else []
    if timings and not entrant.anchor:
        write_atomic(folder / "timing" / f"{at:05d}.jsonl", lines_of(timings))
    write_atomic(shard_path(folder, at), lines_of(rows))


def lines_of(records: Iterable[Any]) -> bytes:
    """Return records as JSON lines."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def read_rows(out: Path, name: str) -> Iterator[Row]:
    """Yield every finished row of a system, in order."""
    for path in sorted((system_folder(out, name) / "rows").glob("*.jsonl")):
        yield from read_records(path, Row)


def read_timings(out: Path, name: str) -> Iterator[Timing]:
    """Yield the timings of a system's replies."""
    for path in sorted((system_folder(out, name) / "timing").glob("*.jsonl")):
        yield from read_records(path, Timing)


def system_folder(out: Path, name: str) -> Path:
    """Return where a system's rows and replies lie."""
    return out / "systems" / name


def shard_path(folder: Path, at: int) -> Path:
    """Return the file of shard number `at`."""
    return folder / "rows" / f"{at:05d}.jsonl"


def claim(out: Path, evaluation: Evaluation) -> None:
    """Write what `out` holds into `run.json`, or check that it is the same. Raises ConfigError where it is not."""
    facts = {
        "signature": evaluation.signature,
        "suite": msgspec.to_builtins(evaluation.suite),
        "limits": msgspec.to_builtins(evaluation.calibration.limits),
        "metrics": list(evaluation.metrics),
        "roles": list(evaluation.items.roles),
        "audiorole": version("audiorole"),
    }
    data = msgspec.json.format(msgspec.json.encode(facts), indent=1) + b"\n"
    path = out / "run.json"
    if path.is_file() and path.read_bytes() != data:
        raise ConfigError(f"{out} holds an evaluation under another suite, dataset or version: choose another --out.")
    write_atomic(path, data)


def _folder_name(label: str) -> str:
    """Return a label that is one folder name."""
    kept = "".join(letter if letter.isalnum() or letter in "-_.@" else "-" for letter in label)
    return kept.strip("-.") or "system"


def read_suite(out: Path) -> Suite:
    """Return the suite that `out` was made with. Raises InputError where it holds no evaluation."""
    try:
        facts = msgspec.json.decode((out / "run.json").read_bytes())
        return msgspec.convert(facts["suite"], Suite)
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        raise InputError(str(out), f"holds no evaluation ({error})") from error
