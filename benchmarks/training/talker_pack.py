"""The lines of a few characters in one small file, for `talker_voices.py` on another machine.

    python -m benchmarks.training.talker_pack DATA PACK [--characters Joe Secretary …]

DATA: annotated episodes (`*.S*E*.json` beside their audio). Lines of episodes 16 and 17 are for the test; a fifth of
the others is kept back from the fit (`audiorole.training.talker.lines.kept_back`). PACK holds `lines.json` and
`sound.flac`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiorole.audio.pitch import pitch_track
from audiorole.models.phonemes import load_phonemes
from audiorole.training.talker.lines import LONGEST, SHORTEST, VoiceLine, clarity, kept_back
from benchmarks.truth import SAMPLE_RATE, decode

CHOICES = ("Joe", "Secretary", "Witch Doctor")
"""Characters that the method was chosen on."""
BLIND = ("Sparky", "Frank", "Trader Bob")
"""Characters that were used for no choice."""
TEST = (16, 17)
MOST = {"fit": 60, "validation": 12, "test": 24, "impostor": 10}
LEAST_WORDS, LONGEST_TEST = 4, 8.0
MALE_BELOW_HZ = 165.0
"""As `audiorole.evaluation.gallery`."""


@dataclass(frozen=True)
class PackedLine:
    """One line and where its samples lie in the pack's sound. role: fit, validation, test or impostor."""

    id: str
    character: str
    male: bool
    role: str
    text: str
    phonemes: str
    clarity: float
    start: int
    end: int


def main() -> None:
    """Write a pack."""
    arguments = _arguments()
    lines = [one for path in sorted(arguments.data.glob("*.S*E*.json")) for one in _episode(path)]
    males = {name: _male([wave for line, wave in lines if line["character"] == name]) for name in _names(lines)}
    phonemize, packed, sound, place = load_phonemes(), [], [], 0
    for name in sorted(males):
        for line, waveform, role in _chosen(
            [one for one in lines if one[0]["character"] == name], arguments.characters
        ):
            said = phonemize(line["text"]) if role != "impostor" else ""
            end = place + len(waveform)
            packed.append(PackedLine(line["id"], name, males[name], role, line["text"], said, _clean(line), place, end))
            sound.append(waveform)
            place = end
    arguments.pack.mkdir(parents=True, exist_ok=True)
    (arguments.pack / "lines.json").write_text(json.dumps([asdict(one) for one in packed]), encoding="utf-8")
    soundfile.write(arguments.pack / "sound.flac", np.concatenate(sound), SAMPLE_RATE)
    print(f"{len(packed)} lines, {place / SAMPLE_RATE:.0f} s")


def read_pack(folder: Path) -> list[tuple[PackedLine, NDArray[np.float32]]]:
    """Return the lines of a pack with their samples."""
    sound, _ = soundfile.read(folder / "sound.flac", dtype="float32")
    lines = [PackedLine(**one) for one in json.loads((folder / "lines.json").read_text(encoding="utf-8"))]
    return [(line, sound[line.start : line.end]) for line in lines]


def voice_line(line: PackedLine, waveform: NDArray[np.float32]) -> VoiceLine:
    """Return a line as a fit takes it."""
    return VoiceLine(line.id, waveform, line.text, line.phonemes, line.clarity, line.role == "validation")


def _episode(path: Path) -> list[tuple[dict[str, object], NDArray[np.float32]]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    waveform, lines = decode(path.parent / content["audio"]), sorted(content["lines"], key=lambda line: line["start"])
    found = []
    for line, following in zip(lines, [*lines[1:], {}], strict=True):
        cut = waveform[int(line["start"] * SAMPLE_RATE) : int(line["end"] * SAMPLE_RATE)]
        over = line["overlaps_previous"] or following.get("overlaps_previous", False)
        if not over and SHORTEST <= len(cut) / SAMPLE_RATE <= LONGEST:
            found.append((line | {"id": f"{path.stem}/{line['id']}", "number": int(path.stem[-2:])}, cut))
    return found


def _names(lines: list[tuple[dict[str, object], NDArray[np.float32]]]) -> set[str]:
    return {str(line["character"]) for line, _ in lines}


def _male(waveforms: list[NDArray[np.float32]]) -> bool:
    tracks = [track[track > 0] for track in map(pitch_track, waveforms[:20])]
    return float(np.median(np.concatenate([np.full(1, 2 * MALE_BELOW_HZ), *tracks]))) < MALE_BELOW_HZ


def _clean(line: dict[str, object]) -> float:
    quality = 3.0 if line["background"] == "clean" else 2.5
    return clarity(line["snr_db"], quality, float("music" in str(line["background"]))) - 10 * float(line["reverb"] or 0)


def _chosen(lines, characters):
    """Yield (line, samples, role) of one character, the cleanest of each role."""
    roles: dict[str, list] = {role: [] for role in MOST}
    for line, waveform in lines:
        roles[_role(line, len(waveform) / SAMPLE_RATE, characters)].append((line, waveform))
    for role, found in roles.items():
        order = (lambda one: one[0]["id"]) if role == "test" else (lambda one: (-_clean(one[0]), one[0]["id"]))
        yield from ((line, waveform, role) for line, waveform in sorted(found, key=order)[: MOST[role]])


def _role(line: dict[str, object], seconds: float, characters) -> str:
    if line["character"] not in characters:
        return "impostor"
    if line["number"] in TEST:
        return "test" if seconds <= LONGEST_TEST and len(str(line["text"]).split()) >= LEAST_WORDS else "impostor"
    return "validation" if kept_back(str(line["id"])) else "fit"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--characters", nargs="+", default=[*CHOICES, *BLIND])
    return parser.parse_args()


if __name__ == "__main__":
    main()
