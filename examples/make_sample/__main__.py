"""`python -m examples.make_sample --packages FOLDER --scratch FOLDER`: make the whole sample series anew."""

from __future__ import annotations

import argparse
from pathlib import Path

import soundfile

from examples.make_sample.kokoro import SAMPLE_RATE, Kokoro
from examples.make_sample.release import publish
from examples.make_sample.screenplay import read_screenplay
from examples.make_sample.timeline import Episode, Player, mark_repeats

_HERE = Path(__file__).parent


def main() -> None:
    """Play the screenplays in order; a recap needs the episodes before it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True, help="folder with the unpacked npm packages of Kokoro")
    parser.add_argument("--scratch", type=Path, required=True, help="folder for spoken lines and the mixes as WAV")
    parser.add_argument("--out", type=Path, default=_HERE.parent, help="the examples folder")
    options = parser.parse_args()
    kokoro = Kokoro(options.packages, options.scratch / "lines")
    episodes: dict[str, Episode] = {}
    for path in sorted((_HERE / "screenplays").glob("*.txt")):
        screenplay = read_screenplay(path)
        episode = Player(kokoro, screenplay.episode, episodes).play(screenplay)
        mark_repeats(episode, episodes)
        episodes[screenplay.episode] = episode
        soundfile.write(options.scratch / f"{screenplay.episode}.wav", episode.mix, SAMPLE_RATE)
        print(f"{screenplay.episode}: {episode.truth['duration']:.1f} s, {len(episode.truth['lines'])} lines")
    publish(episodes, kokoro, options.out)


if __name__ == "__main__":
    main()
