"""Rebuild packs against the truth: other rips of the same episodes, and what are none; the size; what guessing reads.

    python benchmarks/rebuild.py --data FOLDER [--foreign FOLDER] [--work FOLDER] [--only NAME …] [--json J.json]

FOLDER has `<show>.S01E<nn>.opus` and `.srt`. Two episodes are built (`--recipe fast`): the second as it is; the ninth
with the seventh beneath it, 6 dB softer, as its music and effects. Their pack is rebuilt from copies that PyAV encodes:
AAC 96k, MP3, Opus 32k, shifted, sped up by 25/23.976 with and without its pitch, two cuts of 60 s, another loudness
(compressed, 6 dB softer), another order of tracks, and most of these at once. The subtitles beside a copy are the
original's, untouched, unless a line says otherwise. A line is in place when start and end are within 20 ms of where the
construction puts them; lines that a cut touches do not exist. To be refused: other episodes, another series, and a dub:
the voices of the fifth episode over the music and effects of the ninth.

Guessing: the share of packed texts that are among the lines of the other episodes, what such an attack costs by the
measured time of one guess, and, for one in fifty lines, the attack itself.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

import audiorole
from audiorole.audio.decode import decode
from audiorole.dataset.lines.text import normalised
from audiorole.dataset.pack.archive import RebuildPack
from audiorole.dataset.pack.texts import opens
from audiorole.dataset.subtitles import read, split
from audiorole.errors import UserError

RATE = 16_000
SPEED = 25025 / 24000
SHIFT, CUTS, CUT = 7.02, (200.0, 400.0), 60.0
LIMIT = 0.02

Waveform = NDArray[np.float32]
Times = Callable[[float], float | None]


def heard(path: Path) -> Waveform:
    """Return the first audio stream at 16 kHz."""
    return np.concatenate(list(decode(path, 0, RATE)))


def encode(path: Path, tracks: list[Waveform], codec: str, rate: int, bits: int) -> None:
    """Write waveforms as the tracks of a file."""
    with av.open(str(path), "w") as container:
        streams = []
        for _ in tracks:
            stream = container.add_stream(codec, rate=rate)
            stream.layout, stream.bit_rate = "mono", bits
            streams.append(stream)
        for stream, track in zip(streams, tracks, strict=True):
            form = av.AudioResampler(stream.format.name, "mono", rate)
            samples = np.ascontiguousarray(soxr.resample(track, RATE, rate), dtype=np.float32)
            for first in range(0, len(samples), 4800):
                frame = av.AudioFrame.from_ndarray(samples[None, first : first + 4800], format="flt", layout="mono")
                frame.sample_rate, frame.pts = rate, first
                for part in form.resample(frame):
                    container.mux(stream.encode(part))
            container.mux(stream.encode(None))


def faster(samples: Waveform) -> Waveform:
    """Return the waveform at 25/23.976 times the speed, its pitch kept (FFmpeg's atempo)."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono")
    tempo, sink = graph.add("atempo", str(SPEED)), graph.add("abuffersink")
    source.link_to(tempo)
    tempo.link_to(sink)
    graph.configure()
    found = []

    def pull() -> None:
        while True:
            try:
                found.append(sink.pull().to_ndarray()[0])
            except (av.error.BlockingIOError, av.error.EOFError):
                return

    for first in range(0, len(samples), 4800):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, first : first + 4800]), "flt", "mono")
        frame.sample_rate, frame.pts = RATE, first
        source.push(frame)
        pull()
    source.push(None)
    pull()
    return np.concatenate(found)


def cut(samples: Waveform) -> Waveform:
    """Return the waveform without two minutes of it."""
    edges = [0.0, *(edge for start in CUTS for edge in (start, start + CUT)), len(samples) / RATE]
    return np.concatenate(
        [samples[round(a * RATE) : round(b * RATE)] for a, b in zip(edges[::2], edges[1::2], strict=True)]
    )


def after_cut(time: float) -> float | None:
    """Return where a moment lies in the cut waveform; None in a cut."""
    if any(start <= time < start + CUT for start in CUTS):
        return None
    return time - CUT * sum(time >= start + CUT for start in CUTS)


def louder(samples: Waveform) -> Waveform:
    """Return the waveform compressed (loud parts 8 dB softer against soft ones) and 6 dB softer."""
    box = np.cumsum(np.pad(samples.astype(np.float64) ** 2, (2001, 1999)))
    level = np.sqrt((box[4000:] - box[:-4000])[: len(samples)] / 4000) + 1e-3
    return (0.5 * samples * (0.1 / level) ** 0.4).astype(np.float32)


def same_place(time: float) -> float:
    """Return `time`."""
    return time


@dataclass(frozen=True)
class Copy:
    """A way to copy. make: from the waveform to its tracks; where: from a moment to its place."""

    name: str
    suffix: str
    codec: str
    rate: int
    bits: int
    make: Callable[[Waveform], list[Waveform]]
    where: Times = same_place


def copies(other: Waveform) -> Iterator[Copy]:
    """Yield the ways to copy. other: a track of another programme."""
    silence = np.zeros(round(SHIFT * RATE), np.float32)
    aac = ("m4a", "aac", 48_000, 96_000)
    opus = ("opus", "libopus", 48_000, 32_000)
    yield Copy("AAC 96k", *aac, lambda x: [x])
    yield Copy("MP3 128k", "mp3", "libmp3lame", 44_100, 128_000, lambda x: [x])
    yield Copy("Opus 32k", *opus, lambda x: [x])
    yield Copy("shifted 7.02 s", *aac, lambda x: [np.concatenate([silence, x])], lambda t: t + SHIFT)
    yield Copy("sped up 25/23.976", *aac, lambda x: [soxr.resample(x, RATE * SPEED, RATE)], lambda t: t / SPEED)
    yield Copy("the same, pitch kept", *aac, lambda x: [faster(x)], lambda t: t / SPEED)
    yield Copy("two cuts of 60 s", *aac, lambda x: [cut(x)], after_cut)
    yield Copy("loudness", *aac, lambda x: [louder(x)])
    yield Copy("second track", "mka", "aac", 48_000, 96_000, lambda x: [other, x])

    def all_at_once(samples: Waveform) -> list[Waveform]:
        return [np.concatenate([silence, soxr.resample(louder(cut(samples)), RATE * SPEED, RATE)]).astype(np.float32)]

    def all_places(time: float) -> float | None:
        left = after_cut(time)
        return None if left is None else left / SPEED + SHIFT

    yield Copy("all at once, Opus 32k", *opus, all_at_once, all_places)


def expected(line: tuple[float, float], where: Times, cuts: bool) -> tuple[float, float] | None:
    """Return where a line lies in a copy; None where a cut touches it."""
    touched = cuts and any(line[0] < start + CUT and line[1] > start for start in CUTS)
    start, end = where(line[0]), where(line[1])
    return None if touched or start is None or end is None else (start, end)


def compare(before: audiorole.Build, out: Path, copy: Copy) -> dict[str, object]:
    """Return how many of the lines that exist are in place under their names."""
    after = {line.id: line for line in audiorole.open_build(out).lines()}
    exist = right = named = texts = 0
    worst = []
    for line in before.lines():
        place = expected((line.start, line.end), copy.where, "cut" in copy.name or "all" in copy.name)
        if place is None:
            continue
        exist += 1
        if found := after.get(line.id):
            error = max(abs(found.start - place[0]), abs(found.end - place[1]))
            worst.append(error)
            right += error <= LIMIT
            named += found.who == line.who
            texts += found.text == line.text
    median, high = (float(np.quantile(worst, q)) if worst else float("nan") for q in (0.5, 0.99))
    return {
        "lines": exist,
        "in_place": right,
        "named": named,
        "text": texts,
        "median_ms": round(1000 * median, 2),
        "p99_ms": round(1000 * high, 2),
    }


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--foreign", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--json", type=Path)
    call = parser.parse_args()
    work = call.work or Path(tempfile.mkdtemp())
    bench = Bench(call.data, work)
    rows = bench.run(call.only, call.foreign)
    if call.json:
        call.json.write_text(json.dumps(rows, indent=1))


class Bench:
    """One run over a work folder; a build and pack that lie there are used again."""

    def __init__(self, data: Path, work: Path) -> None:
        self.work = work
        self.show = min(data.glob("*.opus")).name.partition(".")[0]
        self.data = data
        self.waves = {n: heard(self.media(n)) for n in (2, 5, 7, 9)}
        bed = 0.5 * np.resize(self.waves[7], len(self.waves[9]))
        self.sources = {2: self.waves[2], 9: (0.7 * (self.waves[9] + bed)).astype(np.float32)}
        self.dub = (0.7 * (np.resize(self.waves[5], len(bed)) + bed)).astype(np.float32)

    def media(self, number: int) -> Path:
        return self.data / f"{self.show}.S01E{number:02d}.opus"

    def built(self) -> tuple[audiorole.Build, Path]:
        """Return the build and its pack."""
        inside, out, pack = self.work / "in", self.work / "out", self.work / "show.pack"
        inside.mkdir(parents=True, exist_ok=True)
        for number, wave in self.sources.items():
            target = inside / f"{self.show}.S01E{number:02d}.flac"
            if not target.exists():
                soundfile.write(target, wave, RATE)
            shutil.copy(self.media(number).with_suffix(".srt"), target.with_suffix(".srt"))
        if not (out / "summary.json").exists():
            audiorole.build(inside, out, recipe="fast", workers=1)
        if not pack.exists():
            audiorole.pack(out, pack, workers=1)
        return audiorole.open_build(out), pack

    def run(self, only: list[str], foreign: Path | None) -> list[dict[str, object]]:
        before, pack = self.built()
        self.sizes(pack, before)
        rows = []
        for copy in copies(self.waves[5]):
            if not only or any(word in copy.name for word in only):
                rows.append({"copy": copy.name, **self.copied(copy, before, pack)})
                print(rows[-1], flush=True)
        if not only or "refusals" in only:
            self.refusals(pack, foreign)
        if not only or "guessing" in only:
            guessing(pack, before, self.other_texts())
        return rows

    def sizes(self, pack: Path, before: audiorole.Build) -> None:
        hours = before.summary.hours
        size, plain = pack.stat().st_size, RebuildPack(pack)
        prints = sum(len(plain.print(episode)) for episode in plain.episodes)
        print(
            f"pack: {size / hours / 1e3:.0f} kB per hour, {prints / hours / 1e3:.0f} of them sound prints", flush=True
        )

    def copied(self, copy: Copy, before: audiorole.Build, pack: Path) -> dict[str, object]:
        folder, out = self.work / "copy", self.work / "again"
        for each in (folder, out):
            shutil.rmtree(each, ignore_errors=True)
        folder.mkdir()
        for number, wave in self.sources.items():
            media = folder / f"rip of part {number}.{copy.suffix}"
            encode(media, copy.make(wave), copy.codec, copy.rate, copy.bits)
            shutil.copy(self.media(number).with_suffix(".srt"), media.with_suffix(".srt"))
        began = time.process_time()
        result = audiorole.rebuild(pack, folder, out, workers=1)
        seconds = time.process_time() - began
        return compare(before, out, copy) | {"exit": result.exit_code, "cpu_s": round(seconds, 1)}

    def refusals(self, pack: Path, foreign: Path | None) -> None:
        """Print what is said to files that are no copies."""
        folder = self.work / "foreign"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        strangers = [self.media(n) for n in (3, 4, 5, 6)] + (sorted(foreign.glob("*.opus")) if foreign else [])
        for path in strangers:
            shutil.copy(path, folder / f"{path.stem}.opus")
        encode(folder / "dub of nine.m4a", [self.dub], "aac", 48_000, 96_000)
        shutil.rmtree(self.work / "nothing", ignore_errors=True)
        try:
            audiorole.rebuild(pack, folder, self.work / "nothing", workers=1)
            print("NOT refused", flush=True)
        except UserError as error:
            print(f"refused: {error}", flush=True)
        for look in sorted((self.work / "nothing" / "run" / "located").rglob("*.json")):
            print(" ", look.stem, json.loads(look.read_bytes()[:-32])["refused"], flush=True)

    def other_texts(self) -> set[str]:
        """Return the lines of all episodes but the packed ones, in words alone."""
        packed = {self.media(number).with_suffix(".srt") for number in self.sources}
        subtitles = [read(path) for path in sorted(self.data.glob("*.srt")) if path not in packed]
        lines = (line for found in subtitles for line in split(found.cues, found.source).lines)
        return {normalised(line.text) for line in lines} - {""}


def guessing(pack: Path, before: audiorole.Build, known: set[str]) -> None:
    """Print what a dictionary of other episodes' lines reads of the pack."""
    opened = RebuildPack(pack)
    lines = {line.id: line for line in before.lines()}
    texts = {identity: normalised(line.text) for identity, line in lines.items()}
    guessed = [identity for identity, text in texts.items() if text in known]
    words = sum(len(texts[one].split()) for one in guessed), sum(len(text.split()) for text in texts.values())
    by_length: dict[int, list[str]] = {}
    for text in sorted(known):
        by_length.setdefault(len(text.split()), []).append(text)
    tries = sum(len(by_length.get(len(text.split()), ())) for text in texts.values())
    sealed = {line.id: line.sealed for episode in opened.episodes for line in opened.lines(episode)}
    began, asked, read_now = time.process_time(), 0, 0
    for identity in sorted(texts)[::50]:
        seal = sealed[identity]
        if seal is None:
            continue
        for guess in by_length.get(seal.words, ()):
            asked += 1
            if opens(guess, identity, seal, opened.manifest.sealing):
                read_now += 1
                assert guess == texts[identity]
    each = (time.process_time() - began) / max(1, asked)
    print(
        f"guessing with {len(known):,} lines of other episodes: {len(guessed)} of {len(texts)} lines "
        f"({len(guessed) / len(texts):.1%}), {words[0]} of {words[1]} words ({words[0] / words[1]:.1%}); longest: "
        f"{max((texts[one] for one in guessed), key=lambda t: len(t.split()), default='')!r}. {tries:,} guesses of "
        f"{1000 * each:.1f} ms = {tries * each / 60:.0f} min of one core; tried on every 50th line: {asked} guesses, "
        f"{read_now} read. A million phrases: {1e6 / max(1, len(known)) * tries * each / 86400:.1f} days of one core.",
        flush=True,
    )


if __name__ == "__main__":
    main()
