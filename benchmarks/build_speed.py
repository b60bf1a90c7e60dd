"""Speed and memory of the build, per stage and in all, beside two peers on the same audio in the same run.

    python benchmarks/build_speed.py --data FOLDER --out J.json [--episodes 18] [--senko PYTHON] [--senko-episodes 3]

Prints seconds of episode per CPU second, without and with validation, and the floor of each stage (decoding alone, the
model alone). Peers: (a) a straightforward script: the same weights, one line at a time; (b) the speaker pipeline of
`senko`, run by the interpreter given (install it in an environment of its own: it needs torch).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from audiorole.audio.decode import decode
from audiorole.audio.pcm import decode_to_pcm
from audiorole.core.config import Tables
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.input.scan import scan
from audiorole.models import load_model
from audiorole.pipeline.store import read_records
from audiorole.runners.local import InProcess, ProcessPool
from audiorole.types import Utterance
from series_truth import link_series, read_truth

MODES: dict[str, Tables] = {
    "subtitle-led": {"validate": {"scorer": "", "transcriber": ""}},
    "validated by moonshine": {"validate": {"scorer": "auto", "transcriber": "auto"}},
    "validated by whisper": {},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--episodes", type=int, default=0, help="use the first N episodes (0: all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--senko", help="python interpreter with senko installed")
    parser.add_argument("--senko-episodes", type=int, default=3, help="senko hears the first N: it takes minutes")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    for episode in sorted(truth.media)[arguments.episodes or len(truth.media) :]:
        del truth.media[episode]
    link_series(truth, work / "media")
    results: dict[str, Any] = {}
    for mode, tables in MODES.items():
        results[mode] = one_mode(work, mode, tables, arguments.workers)
        show_mode(mode, results[mode])
        if len(results) == 1:
            results |= beside(work, results[mode]["media_seconds"], arguments)
            show_peers(results)
    return results


def beside(work: Path, seconds: float, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the peers on the audio of the first mode, and each model alone."""
    found: dict[str, Any] = {"floors": floors(work)}
    peers = {"script, one line at a time": lambda: naive(work), "decoding alone": lambda: decode_all(work)}
    for name, peer in peers.items():
        cpu, wall = timed(peer)
        found[name] = {"x_cpu": seconds / cpu, "x_wall": seconds / wall}
    if arguments.senko:
        found["senko"] = senko(arguments.senko, work, arguments.senko_episodes)
    return found


def one_mode(work: Path, mode: str, tables: Tables, workers: int) -> dict[str, Any]:
    out = work / f"out-{mode.replace(' ', '-')}"
    before = time.perf_counter()
    result = build(BuildOptions(work / "media", out, tables), ProcessPool(workers) if workers > 1 else InProcess())
    wall = time.perf_counter() - before
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    seconds = summary["hours"] * 3600
    cpu = dict(result.run.cpu_seconds)
    return {
        "media_seconds": seconds,
        "lines": result.num_lines,
        "x_wall": seconds / wall,
        "x_cpu": seconds / sum(cpu.values()),
        "stages": {
            name: {"x_cpu": seconds / max(value, 1e-9), "share": value / sum(cpu.values())}
            for name, value in cpu.items()
        },
        "peak_gb": result.run.peak_bytes / 1e9,
    }


def timed(function: Callable[[], object]) -> tuple[float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    function()
    return time.process_time() - cpu, time.perf_counter() - wall


def decode_all(work: Path) -> None:
    for source in scan(work / "media").sources:
        for _ in decode(work / "media" / source.media, 0, 16000):
            pass


def naive(work: Path) -> None:
    """What one writes in an afternoon: per line decode, VAD, voice and quality, with the same models, one at a time."""
    vad, overlap = load_model("voice-activity", "silero-vad"), load_model("overlap", "pyannote-segmentation")
    embedder, quality = load_model("speaker-embedder", "wespeaker"), load_model("quality", "dnsmos")
    for source in list(scan(work / "media").sources):
        waveform = np.concatenate(list(decode(work / "media" / source.media, 0, 16000)))
        vad.speech_probability(waveform)
        overlap.speaker_activity(waveform)
        for line in _lines(work, source.id):
            part = waveform[int(line.start * 16000) : int(line.end * 16000)]
            embedder.embed([part])
            quality.mos([part])


def _lines(work: Path, shard: str) -> list[Utterance]:
    return list(read_records(next((work / "out-subtitle-led" / "run").glob("*-segment")) / f"{shard}.jsonl", Utterance))


def floors(work: Path) -> dict[str, float]:
    """Return x real time of each model alone, on the first episode, in large batches."""
    source = scan(work / "media").sources[0]
    pcm = decode_to_pcm(work / "media" / source.media, 0, 16000, work / "scratch")
    lines = _lines(work, source.id)
    waveform = pcm.samples(0, pcm.num_samples)
    parts = [pcm.read(x.start, x.end) for x in sorted(lines, key=lambda x: x.duration)]
    vad, overlap = load_model("voice-activity", "silero-vad"), load_model("overlap", "pyannote-segmentation")
    embedder, quality = load_model("speaker-embedder", "wespeaker"), load_model("quality", "dnsmos")
    windows = [pcm.read(t, t + 9.01) for t in np.arange(0, min(pcm.duration, 90), 9.01)]
    speech = sum(len(part) for part in parts) / 16000
    jobs: dict[str, tuple[float, Callable[[], object]]] = {
        "vad": (pcm.duration, lambda: vad.speech_probability(waveform)),
        "overlap": (pcm.duration, lambda: overlap.speaker_activity(waveform)),
        "embed (of speech)": (speech, lambda: embedder.embed(parts)),
        "dnsmos (of windows)": (9.01 * len(windows), lambda: quality.mos(windows)),
    }
    return {name: heard / timed(job)[0] for name, (heard, job) in jobs.items()}


SENKO = """
import resource, sys, senko
diarizer = senko.Diarizer(device="cpu", vad="silero", warmup=False, quiet=True)
for path in sys.argv[1:]:
    diarizer.diarize(path)
usage = resource.getrusage(resource.RUSAGE_SELF)
print("CPU", usage.ru_utime + usage.ru_stime)
"""


def senko(python: str, work: Path, episodes: int) -> dict[str, float]:
    """Run senko's diarization over the first episodes as 16 kHz WAV files (not counted: making them)."""
    import soundfile

    paths, seconds = [], 0.0
    for source in scan(work / "media").sources[:episodes]:
        pcm = decode_to_pcm(work / "media" / source.media, 0, 16000, work / "scratch")
        seconds += pcm.duration
        paths.append(str(work / f"{source.id.replace('/', '-')}.wav"))
        soundfile.write(paths[-1], pcm.samples(0, pcm.num_samples), 16000, subtype="PCM_16")
    before = time.perf_counter()
    done = subprocess.run([python, "-c", SENKO, *paths], capture_output=True, text=True, check=False)
    wall = time.perf_counter() - before
    if done.returncode:
        print(f"senko failed: {done.stderr[-500:]}", file=sys.stderr)
        return {}
    cpu = float(done.stdout.rsplit("CPU", 1)[1])
    return {"x_cpu": seconds / cpu, "x_wall": seconds / wall}


def show_mode(mode: str, result: dict[str, Any]) -> None:
    print(
        f"\n== {mode}: {result['media_seconds'] / 3600:.2f} h, {result['lines']} lines; "
        f"{result['x_wall']:.0f} x real time, ",
        end="",
    )
    print(f"{result['x_cpu']:.0f} s of episode per CPU second, peak {result['peak_gb']:.2f} GB a worker")
    for name, stage in sorted(result["stages"].items(), key=lambda item: -item[1]["share"]):
        print(f"  {name:<10} {stage['share']:>6.1%}  x{stage['x_cpu']:.0f}")


def show_peers(results: dict[str, Any]) -> None:
    print("\n== beside")
    for name in ("script, one line at a time", "decoding alone", "senko"):
        if results.get(name):
            print(f"  {name:<28} x{results[name]['x_cpu']:.1f} per CPU second, x{results[name]['x_wall']:.1f} wall")
    print("  models alone: " + ", ".join(f"{name} x{value:.0f}" for name, value in results["floors"].items()))
    own = results["subtitle-led"]["x_cpu"]
    print(f"  whole build against the script: {own / results['script, one line at a time']['x_cpu']:.2f} x")
    print(f"  this process peaked at {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB", flush=True)


if __name__ == "__main__":
    main()
