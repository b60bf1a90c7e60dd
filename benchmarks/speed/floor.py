"""The build against what it cannot do without: models and decoding alone, and a straightforward script, in one run.

    python -m benchmarks.speed.floor --data FOLDER --out F.json [--episodes 4] [--modes led moonshine whisper]

Everything is CPU seconds (user and system) of one process, one thread, on the same episodes, one after the other.

floor     decoding once, then each model on exactly what the build gives it, in the build's batches, and nothing else
script    what one writes in an afternoon with the same weights, on the runtimes that they are published for: decode,
          Silero by faster-whisper, pyannote segmentation in windows, WeSpeaker by onnxruntime over each whole line,
          DNSMOS a line at a time, a FLAC file a line; checked: Moonshine or Whisper recognises each line
own       the same script with this package's own quantised and batched sessions (it hears 3 s of a line), unchecked
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from faster_whisper.vad import get_vad_model

from audiorole.audio.decode import Waveform, decode
from audiorole.audio.pcm import Pcm, decode_to_pcm
from audiorole.core.config import Tables
from audiorole.dataset.build import BuildOptions, BuildResult, build
from audiorole.dataset.input.scan import scan
from audiorole.dataset.stages.signals.embed import Embed
from audiorole.dataset.stages.signals.listen import BLOCK_SECONDS
from audiorole.dataset.stages.signals.quality import WINDOW_SECONDS
from audiorole.dataset.stages.words.validate import BATCH_LINES
from audiorole.models import load_model
from audiorole.pipeline.store import read_records
from audiorole.runners.local import InProcess
from audiorole.types import Source, Utterance
from benchmarks.record import write_record
from benchmarks.series_truth import link_series, read_truth

RATE = 16000
MODES: dict[str, tuple[Tables, str]] = {
    "led": ({"validate": {"scorer": "", "transcriber": ""}}, ""),
    "moonshine": ({"validate": {"scorer": "moonshine", "transcriber": "moonshine"}}, "moonshine"),
    "whisper": ({}, "whisper"),
}
"""How lines are checked → settings, and the model that checks them."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--episodes", type=int, default=4, help="use the first N episodes (0: all)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["led"])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = run(arguments, Path(folder))
    given = f"{figures['seconds'] / 3600:.2f} h of {arguments.data.name}"
    write_record(arguments.out, "floor", given, ratios_of(figures, arguments.modes), figures)


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    for episode in sorted(truth.media)[arguments.episodes or len(truth.media) :]:
        del truth.media[episode]
    link_series(truth, work / "media")
    figures: dict[str, Any] = {}
    for mode in arguments.modes:
        tables, model = MODES[mode]
        figures[mode] = whole_build(work, mode, tables)
        figures["seconds"] = figures[mode]["seconds"]
        material = Material.of(work, mode)
        figures[mode]["floor"] = floor(material, model, figures.get("led", {}).get("floor", {}))
        figures[mode]["script"] = cpu(lambda m=material, x=model: script(m, x, own=False))  # type: ignore[misc]
        if not model:
            figures[mode]["own"] = cpu(lambda m=material, x=model: script(m, x, own=True))  # type: ignore[misc]
        show(mode, figures[mode])
    return figures


def cpu(function: Callable[[], object]) -> float:
    """Return the CPU seconds, user and system, of a call in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    function()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def whole_build(work: Path, mode: str, tables: Tables) -> dict[str, Any]:
    """Build twice, into two folders: the first build loads and compiles the models, the second is measured."""
    for attempt in ("warm", "measured"):
        options, results = BuildOptions(work / "media", work / f"{mode}-{attempt}", tables), list[BuildResult]()
        total = cpu(lambda o=options, r=results: r.append(build(o, InProcess())))  # type: ignore[misc]
    (result,) = results
    stages = dict(result.run.cpu_seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {"seconds": result.summary.hours * 3600, "cpu": total, "stages": stages, "peak_gb": peak}


@dataclass(frozen=True)
class Material:
    """What was heard: each episode's audio, and its lines as the build has them."""

    work: Path
    sources: tuple[Source, ...]
    lines: dict[str, list[Utterance]]
    pcm: dict[str, Pcm]

    @classmethod
    def of(cls, work: Path, mode: str) -> Material:
        sources = scan(work / "media").sources
        folder = next((work / f"{mode}-measured" / "run").glob("*-segment"))
        lines = {one.id: list(read_records(folder / f"{one.id}.jsonl", Utterance)) for one in sources}
        pcm = {
            one.id: decode_to_pcm(work / "media" / one.media, 0, RATE, work / "pcm" / one.id.replace("/", "-"))
            for one in sources
        }
        return cls(work, tuple(sources), lines, pcm)

    def decoded(self) -> Iterator[Waveform]:
        for source in self.sources:
            yield from decode(self.work / "media" / source.media, 0, RATE)


def floor(material: Material, checker: str, known: dict[str, float]) -> dict[str, float]:
    """Return the CPU seconds of decoding and of each model alone; those that are `known` are not measured again."""
    jobs = {
        "decoding": lambda: [None for _ in material.decoded()],
        "speech": lambda: blocks(material, load_model("voice-activity", "silero-vad").speech_probability),
        "overlap": lambda: blocks(material, load_model("overlap", "pyannote-segmentation").speaker_activity),
        "voices": lambda: voices(material),
        "quality": lambda: quality(material),
    }
    found = {name: known[name] if name in known else cpu(job) for name, job in jobs.items()}
    return found | ({checker: cpu(lambda: checked(material, checker))} if checker else {})


def blocks(material: Material, hear: Callable[[Waveform], object]) -> None:
    for pcm in material.pcm.values():
        for _, waveform in pcm.blocks(BLOCK_SECONDS):
            hear(waveform)


def voices(material: Material) -> None:
    stage, model = Embed(), load_model("speaker-embedder", "wespeaker")
    for shard, pcm in material.pcm.items():
        spans = sorted(
            (span for line in material.lines[shard] for span in stage._windows(line, RATE)), key=lambda s: s[1] - s[0]
        )
        for first in range(0, len(spans), stage.batch):
            model.embed([pcm.samples(*span) for span in spans[first : first + stage.batch]], weighted=True)


def quality(material: Material) -> None:
    model = load_model("quality", "dnsmos")
    for shard, pcm in material.pcm.items():
        spans = [(line.start, line.end) for line in material.lines[shard]]
        wanted = {int(t // WINDOW_SECONDS) for start, end in spans for t in np.arange(start, end, WINDOW_SECONDS)}
        wanted |= {int(end // WINDOW_SECONDS) for _, end in spans}
        for place in sorted(wanted):
            model.mos([pcm.read(place * WINDOW_SECONDS, (place + 1) * WINDOW_SECONDS)])


def checked(material: Material, checker: str) -> None:
    model = load_model("text-scorer", checker)
    for shard, pcm in material.pcm.items():
        lines = material.lines[shard]
        for first in range(0, len(lines), BATCH_LINES["cpu"]):
            part = lines[first : first + BATCH_LINES["cpu"]]
            sounds = [pcm.read(max(0.0, line.start - 0.1), line.end + 0.1) for line in part]
            model.agreement(sounds, [line.text for line in part], "en")


def script(material: Material, checker: str, own: bool) -> None:
    """Do the job a line at a time. own: with this package's sessions instead of those that the weights are made for."""
    overlap = load_model("overlap", "pyannote-segmentation")
    embedder = load_model("speaker-embedder", "wespeaker" if own else "wespeaker-fp32")
    limit, embedder.max_seconds = embedder.max_seconds, embedder.max_seconds if own else float("inf")
    estimator = load_model("quality", "dnsmos") if own else published_dnsmos()
    recogniser = load_model("transcriber", checker) if checker else None
    hear = load_model("voice-activity", "silero-vad").speech_probability if own else silero_of_faster_whisper
    out = material.work / "script"
    out.mkdir(exist_ok=True)
    for source in material.sources:
        waveform = np.concatenate(list(decode(material.work / "media" / source.media, 0, RATE)))
        hear(waveform)
        overlap.speaker_activity(waveform)
        for line in material.lines[source.id]:
            part = waveform[int(line.start * RATE) : int(line.end * RATE)]
            embedder.embed([part])
            estimator.mos([part])
            if recogniser:
                recogniser.transcribe([part], "en")
            soundfile.write(out / f"{line.id.replace('/', '-')}.flac", part, RATE, subtype="PCM_16")
    embedder.max_seconds = limit


def published_dnsmos() -> Any:
    from audiorole.models.speech.dnsmos import Dnsmos

    return Dnsmos()


def silero_of_faster_whisper(waveform: Waveform) -> None:
    get_vad_model()(np.pad(waveform, (0, -len(waveform) % 512)))


def ratios_of(figures: dict[str, Any], modes: list[str]) -> dict[str, float]:
    """Return the ratios that a record holds, larger is better."""
    ratios = {}
    for mode in modes:
        found = figures[mode]
        ratios[f"{mode}: script / build"] = found["script"] / found["cpu"]
        if "own" in found:
            ratios[f"{mode}: script on our sessions / build"] = found["own"] / found["cpu"]
        ratios[f"{mode}: floor / build"] = sum(found["floor"].values()) / found["cpu"]
    return ratios


def show(mode: str, found: dict[str, Any]) -> None:
    low = sum(found["floor"].values())
    print(
        f"\n== {mode}: {found['seconds'] / 3600:.2f} h; CPU seconds: build {found['cpu']:.1f}, floor {low:.1f}, "
        f"script {found['script']:.1f}, script on our sessions {found.get('own', 0):.1f}; "
        f"peak {found['peak_gb']:.2f} GB"
    )
    print(
        f"  build {found['seconds'] / found['cpu']:.0f} s of episode a CPU second; script / build "
        f"{found['script'] / found['cpu']:.2f}, floor / build {low / found['cpu']:.2f}"
    )
    print("  floor: " + ", ".join(f"{name} {value:.1f}" for name, value in found["floor"].items()))
    for name, value in sorted(found["stages"].items(), key=lambda item: -item[1]):
        print(f"  {name:<10} {value:7.2f} s  {value / found['cpu']:6.1%}", flush=True)


if __name__ == "__main__":
    main()
