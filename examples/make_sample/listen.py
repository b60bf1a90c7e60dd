"""`python -m examples.make_sample.listen`: hear the series with audiorole's own models and score it against the truth.

Prints the word error rate of a transcriber on each kind of line, and how well voices alone tell the characters apart.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorole.audio.clip import read_clip
from audiorole.evaluation.words import word_edits, words
from audiorole.models import load_model
from audiorole.models.ports import SpeakerEmbedder, Transcriber

_EXAMPLES = Path(__file__).parents[1]
_MARGIN = 0.15  # seconds around a line that the transcriber gets, so that it does not start on a plosive

_ONES = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
Line = dict[str, Any]


def main() -> None:
    """Score all episodes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transcriber", default="whisper")
    parser.add_argument("--embedder", default="wespeaker")
    parser.add_argument("--show", action="store_true", help="print each line that was misheard")
    options = parser.parse_args()
    lines = [line for path in sorted((_EXAMPLES / "truth").glob("*.json")) for line in _lines(path)]
    _score_words(lines, load_model("transcriber", options.transcriber), options.show)
    _score_voices(lines, load_model("speaker-embedder", options.embedder))


def _lines(path: Path) -> Iterable[Line]:
    """Yield the lines of an episode with their waveform (16 kHz), tight and with a margin."""
    told = json.loads(path.read_text(encoding="utf-8"))
    media = _EXAMPLES / "series" / told["series"] / told["media"]
    whole = read_clip(media, 0.0, None, 16_000)
    for line in told["lines"]:
        edges = [max(0, round(seconds * 16_000)) for seconds in (line["start"], line["end"])]
        margin = round(_MARGIN * 16_000)
        tight, wide = whole[slice(*edges)], whole[max(0, edges[0] - margin) : edges[1] + margin]
        yield line | {"tight": tight, "wide": wide}


def _score_words(lines: Sequence[Line], transcriber: Transcriber, show: bool) -> None:
    heard = transcriber.transcribe([line["wide"] for line in lines], "en")
    errors: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for line, transcript in zip(lines, heard, strict=True):
        wanted, got = spelt(line["text"]), spelt(transcript.text)
        edits = word_edits(wanted, got)
        for bucket in ("all", _bucket(line), line["character"]):
            errors[bucket].append((edits, len(wanted)))
        if show and edits:
            print(f"{line['id']} {line['character']} {line['snr_db']} dB: {line['text']} | {transcript.text}")
    for bucket, counts in errors.items():
        wrong, total = (sum(column) for column in zip(*counts, strict=True))
        print(f"WER {bucket}: {100 * wrong / total:.1f} % of {total} words in {len(counts)} lines")


def _bucket(line: Line) -> str:
    if line["interrupted"] or line["overlaps_previous"]:
        return "two voices"
    if line["off_screen"]:
        return "off screen"
    return "clean, 25 dB and more" if line["snr_db"] >= 25 else "over music or rain"


def spelt(text: str) -> list[str]:
    """Return the words with numbers spelt out, as a voice says them.

    >>> spelt("412 umbrellas, R.P., 1983")
    ['four', 'hundred', 'twelve', 'umbrellas', 'rp', 'nineteen', 'eighty', 'three']
    """
    text = re.sub(r"\b(?:[A-Z]\.? ?){2,}", lambda found: re.sub(r"[. ]", "", found[0]) + " ", text)
    text = re.sub(r"\d+", lambda found: _number(int(found[0])), text.replace("-", " "))
    return [word for word in words(text) if word != "and"]


def _number(value: int) -> str:
    if 1100 <= value < 2000:
        return f"{_number(value // 100)} {_number(value % 100)}"
    if value >= 1000:
        return str(value)
    if value >= 100:
        return f"{_ONES[value // 100]} hundred {_number(value % 100) if value % 100 else ''}".strip()
    if value >= 20:
        return f"{_TENS[value // 10]} {_ONES[value % 10] if value % 10 else ''}".strip()
    return _ONES[value]


def _score_voices(lines: Sequence[Line], embedder: SpeakerEmbedder) -> None:
    """Nearest centroid, the line itself left out of its own centroid."""
    vectors = embedder.embed([line["tight"] for line in lines])
    names = np.array([line["character"] for line in lines])
    right = np.array([_nearest(vectors, names, index) == names[index] for index in range(len(names))])
    print(f"voices: {100 * right.mean():.1f} % of {len(names)} lines nearest to their character's centroid")
    for name in sorted(set(names)):
        print(f"  {name}: {right[names == name].sum()} of {(names == name).sum()}")


def _nearest(vectors: NDArray[np.float32], names: NDArray[np.str_], index: int) -> str:
    others = np.arange(len(names)) != index
    candidates = sorted(set(names[others]))
    centroids = np.stack([vectors[others & (names == name)].mean(0) for name in candidates])
    return str(candidates[int(np.argmax(centroids @ vectors[index] / np.linalg.norm(centroids, axis=1)))])


if __name__ == "__main__":
    main()
