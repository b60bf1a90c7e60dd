"""Input as people have it: what `audiorole build` says and does with each, as a user sees it.

    python -m benchmarks.robustness.bad_input [--sample FILE] [--only NAME …] [--set stage.field=value …] [--out J.json]

Each case is a folder made from half a minute of SAMPLE, built by the command line; printed are its exit code, the lines
in the dataset and the sentences. It fails where the exit code is not the one expected, a traceback is seen, an expected
word is missing from what was said, or the number of lines is not what the case allows.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from audiorole.audio.clip import read_clip
from benchmarks.robustness.damaged_media import RATE, write_sample

SAMPLE = Path(__file__).parents[2] / "examples" / "series" / "Lost Property" / "Lost Property.S01E01.opus"
FIRST, SECONDS = 10.0, 30.0
Wave = NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """make: fills an empty folder. says: words that must be seen. lines: least and most lines of the dataset."""

    make: Callable[[Path], None]
    exit_code: int
    says: str = ""
    lines: tuple[int, int] = (0, 0)
    options: tuple[str, ...] = ()
    target: str = ""
    notes: str = field(default="", kw_only=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=Path, default=SAMPLE)
    parser.add_argument("--only", nargs="+")
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    material = Material(arguments.sample)
    figures = {}
    for name, case in cases(material).items():
        if not arguments.only or name in arguments.only:
            with tempfile.TemporaryDirectory() as folder:
                figures[name] = tried(case, Path(folder), arguments.settings)
            show(name, figures[name])
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    wrong = [name for name, figure in figures.items() if figure["wrong"]]
    print(f"\n{len(figures)} cases, wrong: {', '.join(wrong) or 'none'}")
    sys.exit(1 if wrong else 0)


class Material:
    """Half a minute of speech and its subtitle."""

    def __init__(self, sample: Path) -> None:
        self.waveform: Wave = read_clip(sample, FIRST, FIRST + SECONDS, RATE)
        self.silence = np.zeros_like(self.waveform)
        self.subtitle = _cut(sample.with_suffix(".srt").read_text(encoding="utf-8-sig", errors="replace"))

    def episode(self, folder: Path, number: int, waveform: Wave, subtitle: bool = True, ending: str = "mkv") -> Path:
        path = write_sample(folder / f"Show.S01E{number:02d}.{ending}", ending, waveform)
        if subtitle:
            path.with_suffix(".srt").write_text(self.subtitle, encoding="utf-8")
        return path


def _cut(text: str) -> str:
    """Return the cues of the half minute, on its clock."""
    time = re.compile(r"(\d+):(\d+):(\d+),(\d+) --> (\d+):(\d+):(\d+),(\d+)")
    blocks = []
    for block in re.split(r"\n\s*\n", text.replace("\r", "")):
        if found := time.search(block):
            numbers = [int(group) for group in found.groups()]
            start, end = (h * 3600 + m * 60 + s + ms / 1000 - FIRST for h, m, s, ms in (numbers[:4], numbers[4:]))
            if start >= 0 and end <= SECONDS:
                blocks.append(f"{len(blocks) + 1}\n{_clock(start)} --> {_clock(end)}{block[found.end() :]}\n")
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    return f"00:00:{int(seconds):02d},{round(seconds % 1 * 1000) % 1000:03d}"


def cases(material: Material) -> dict[str, Case]:
    speech, silence = material.waveform, material.silence
    some = (3, 60)

    def healthy(folder: Path) -> None:
        material.episode(folder, 1, speech)

    def beside(make: Callable[[Path], Any]) -> Callable[[Path], None]:
        """Put a healthy episode beside what `make` makes."""

        def both(folder: Path) -> None:
            healthy(folder)
            make(folder)

        return both

    def text(name: str, content: bytes) -> Callable[[Path], Any]:
        return lambda folder: (folder / name).write_bytes(content)

    return {
        "healthy": Case(healthy, 0, lines=some),
        "no such folder": Case(lambda folder: None, 2, "no such file or folder", target="nowhere"),
        "empty folder": Case(lambda folder: None, 2, "no media files"),
        "folder without media": Case(text("notes.txt", b"nothing here"), 2, "no media files"),
        "file that is no media": Case(text("notes.txt", b"nothing here"), 1, "notes.txt", target="notes.txt"),
        "empty file beside": Case(beside(text("Show.S01E02.mkv", b"")), 1, "is an empty file", some),
        "text named .mkv beside": Case(beside(text("Show.S01E02.mkv", b"hello" * 99)), 1, "Show.S01E02.mkv", some),
        "no subtitles": Case(lambda f: material.episode(f, 1, speech, subtitle=False), 0, lines=some),
        "subtitles of another film": Case(_foreign(material), 0),
        "subtitles that are binary": Case(_subtitle(material, bytes(range(256)) * 20), 0, lines=some),
        "subtitles without a cue": Case(_subtitle(material, b"Hello.\n\nNothing timed here.\n"), 0, lines=some),
        "silent, with subtitles": Case(lambda f: material.episode(f, 1, silence), 0),
        "silent, no subtitles": Case(lambda f: material.episode(f, 1, silence, subtitle=False), 0),
        "silent beside speech": Case(beside(lambda f: material.episode(f, 2, silence)), 0, lines=some),
        "5.1, speech in the centre": Case(lambda f: _surround(material, f), 0, lines=some),
        "two languages, unsaid": Case(lambda f: _two_languages(material, f), 0, "several audio languages", some),
        "two languages, the second": Case(
            lambda f: _two_languages(material, f), 0, lines=(0, 0), options=("--set", "probe.language=cs")
        ),
        "picture without sound": Case(beside(_mute), 1, "no audio stream", some),
        "same episode twice": Case(_twice(material), 0, "S01E01", some),
        "broken cast.toml": Case(beside(text("cast.toml", b"[[character]\nname = ")), 2, "cast.toml"),
        "cast clip that is missing": Case(
            beside(text("cast.toml", b'[[character]]\nname = "Ann"\nreferences = [{path = "ann.wav"}]\n')),
            2,
            "ann.wav",
        ),
        "broken script": Case(beside(text("Show.S01E01.script.txt", b"\xff\xfe\x00\x00\x01")), 0, lines=some),
        "unknown field": Case(healthy, 2, "curate", options=("--set", "curate.min_duratoin=1")),
        "wrong value": Case(healthy, 2, "min_duration", options=("--set", "curate.min_duration=long")),
        "unknown model": Case(healthy, 2, "silero", options=("--set", "listen.vad=silero-vda")),
        "missing recipe": Case(healthy, 2, "none.toml", options=("--recipe", "none.toml")),
        "unknown runner": Case(healthy, 2, "local", options=("--runner", "lcoal")),
    }


def _subtitle(material: Material, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        material.episode(folder, 1, material.waveform).with_suffix(".srt").write_bytes(content)

    return make


def _foreign(material: Material) -> Callable[[Path], None]:
    rng = np.random.default_rng(5)
    starts = np.sort(rng.uniform(0, 25, 40)) * 60
    cues = "\n".join(
        f"{n}\n{_minutes(s)} --> {_minutes(s + 1.8)}\nWords of another film, number {n}.\n"
        for n, s in enumerate(starts.tolist(), start=1)
    )
    return _subtitle(material, cues.encode())


def _minutes(seconds: float) -> str:
    return f"00:{int(seconds // 60):02d}:{int(seconds % 60):02d},{int(seconds % 1 * 1000):03d}"


def _twice(material: Material) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        for ending in ("mkv", "mp4"):
            material.episode(folder, 1, material.waveform, ending=ending)

    return make


def _surround(material: Material, folder: Path) -> None:
    """Speech in the centre, loud noise in all other channels."""
    noise = 0.05 * np.random.default_rng(0).standard_normal((6, len(material.waveform))).astype(np.float32)
    noise[2] = material.waveform  # FL FR FC LFE SL SR
    path = folder / "Show.S01E01.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        _add(container, noise, "5.1")
    path.with_suffix(".srt").write_text(material.subtitle, encoding="utf-8")


def _two_languages(material: Material, folder: Path) -> None:
    """The first stream speaks, the second, in another language, is silent."""
    path = folder / "Show.S01E01.mkv"
    with av.open(str(path), "w", format="matroska") as container:
        streams = [_stream(container, "mono", language) for language in ("eng", "cze")]
        for stream, waveform in zip(streams, (material.waveform, material.silence), strict=True):
            _encode(container, stream, waveform[None])
    path.with_suffix(".srt").write_text(material.subtitle, encoding="utf-8")


def _mute(folder: Path) -> None:
    with av.open(str(folder / "Show.S01E02.mp4"), "w") as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8), format="rgb24")
            container.mux(video.encode(frame))
        container.mux(video.encode(None))


def _add(container: Any, waves: Wave, layout: str) -> None:
    _encode(container, _stream(container, layout, "eng"), waves)


def _stream(container: Any, layout: str, language: str) -> Any:
    stream = container.add_stream("flac", rate=RATE)
    stream.layout = layout
    stream.metadata["language"] = language
    return stream


def _encode(container: Any, stream: Any, waves: Wave) -> None:
    pcm = np.clip(waves * 32767, -32768, 32767).astype(np.int16)
    for first in range(0, pcm.shape[1], 4096):
        block = np.ascontiguousarray(pcm[:, first : first + 4096].T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout=stream.layout.name)
        frame.sample_rate, frame.pts = RATE, first
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def tried(case: Case, folder: Path, settings: Sequence[str]) -> dict[str, Any]:
    """Build the case as a user does, and say what is wrong with what was seen."""
    media, out = folder / "media", folder / "out"
    media.mkdir()
    case.make(media)
    command = [
        sys.executable,
        "-m",
        "audiorole",
        "build",
        str(media / case.target),
        "--out",
        str(out),
        "--workers",
        "1",
    ]
    command += [*case.options, *(part for setting in settings for part in ("--set", setting))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    said = (done.stdout + done.stderr).replace(str(folder), "…")
    summary = out / "summary.json"
    lines = json.loads(summary.read_text())["lines"] if summary.exists() else 0
    told = said + _warnings(out)
    return {
        "exit_code": done.returncode,
        "lines": lines,
        "said": [line for line in said.splitlines() if line and not line.startswith(("[", "Report"))],
        "dropped": _dropped(out),
        "warnings": _warnings(out).splitlines(),
        "wrong": list(_faults(case, done.returncode, told, lines)),
    }


def _faults(case: Case, code: int, told: str, lines: int) -> Any:
    if code != case.exit_code:
        yield f"exit code {code}, not {case.exit_code}"
    if "Traceback" in told:
        yield "a traceback"
    if case.says not in told:
        yield f"does not say {case.says!r}"
    if not case.lines[0] <= lines <= case.lines[1]:
        yield f"{lines} lines, not {case.lines[0]} to {case.lines[1]}"


def _warnings(out: Path) -> str:
    found = [json.loads(line) for path in out.glob("run/01-probe/*/*.jsonl") for line in path.read_text().splitlines()]
    return "\n".join(warning for episode in found for warning in episode.get("warnings", ()))


def _dropped(out: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in out.glob("run/*/dropped/*/*.jsonl"):
        for line in path.read_text().splitlines():
            reason = json.loads(line)["reason"]
            counts[reason] = counts.get(reason, 0) + 1
    return counts


def show(name: str, figure: dict[str, Any]) -> None:
    print(f"\n{name}: exit {figure['exit_code']}, {figure['lines']} lines, dropped {figure['dropped']}")
    for line in (*figure["said"], *(f"warning: {warning}" for warning in figure["warnings"])):
        print(f"    {line}")
    for wrong in figure["wrong"]:
        print(f"    WRONG: {wrong}", flush=True)


if __name__ == "__main__":
    main()
