"""What a build made of a field case, against the exact lines of the control case."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pyarrow.parquet as pq
from rapidfuzz.distance import Levenshtein

from audiorole.dataset.input.cast import name_key
from audiorole.dataset.lines.text import normalised

SAME_WORDS = 0.9
"""Least similarity of the words of a line to those of the truth: a repaired contraction passes, a lost word not."""


@dataclass(frozen=True)
class Verdict:
    """right: whether the case is; got: what came out, in words."""

    right: bool
    got: str


@dataclass(frozen=True)
class TrueLine:
    """One line of the control: seconds, who and what."""

    start: float
    end: float
    character: str
    text: str


def read_control(folder: Path) -> list[TrueLine]:
    """Return the lines of the control's subtitle, whose cues are `NAME: words` at exact times."""
    (path,) = folder.glob("*.srt")
    blocks = path.read_text(encoding="utf-8").strip().split("\n\n")
    return [_true_line(block) for block in blocks]


def _true_line(block: str) -> TrueLine:
    _, times, *rows = block.splitlines()
    start, end = (_seconds(clock) for clock in times.split(" --> "))
    name, _, text = " ".join(rows).partition(": ")
    return TrueLine(start, end, name, text)


def _seconds(clock: str) -> float:
    hours, minutes, seconds = clock.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@dataclass(frozen=True)
class Build:
    """A finished build: its folder and what the command said."""

    out: Path
    exit_code: int
    screen: str
    errors: str

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of the dataset in order, without audio."""
        found = []
        for path in sorted((self.out / "dataset").rglob("*.parquet")):
            names = [name for name in pq.read_schema(path).names if name not in ("audio", "words")]
            found += pq.read_table(path, columns=names).to_pylist()
        return sorted(found, key=lambda row: (row["episode"], row["start"]))

    @cached_property
    def summary(self) -> dict[str, Any]:
        """`summary.json`, empty where the build did not come so far."""
        path = self.out / "summary.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def said(self) -> str:
        """What a user reads: the screen, the errors, and the summary's notes."""
        return f"{self.screen}\n{self.errors}\n{json.dumps(self.summary, ensure_ascii=False)}"

    def records(self, stage: str, dropped: bool = False) -> Iterator[dict[str, Any]]:
        """Yield the records that a stage kept or dropped."""
        for folder in (self.out / "run").glob(f"*-{stage}"):
            for path in sorted(folder.rglob("*.jsonl")):
                if (path.relative_to(folder).parts[0] == "dropped") is dropped:
                    yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())

    def ending(self) -> str:
        """The last words of a build that gave nothing."""
        lines = f"{self.screen}\n{self.errors}".strip().splitlines()
        return lines[-1] if lines else "nothing said"


class Check(Protocol):
    """What is asked of a build."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""


@dataclass(frozen=True)
class Named:
    """Every line of the control once, in its words, at its time, and with its character.

    starts: seconds of the control at which each episode begins: (id or "" for any, start, end) per episode.
    names: False where the input names nobody. within: seconds that a start may be off.
    """

    starts: tuple[tuple[str, float, float], ...] = (("", 0.0, 1e9),)
    names: bool = True
    within: float = 0.5
    lines: int = 0

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        figures: Counter[str] = Counter()
        for episode, first, last in self.starts:
            rows = [row for row in built.rows if episode in ("", row["episode"])]
            true = [line for line in truth if first <= line.start and line.end <= last + 0.2]
            figures += _compared(rows, true, first, self.within)
        total = self.lines or figures["true"]
        asked = ["words", "placed", *(["named"] if self.names else [])]
        right = built.exit_code == 0 and figures["rows"] == total and all(figures[name] == total for name in asked)
        right = right and len(built.rows) == total
        return Verdict(right, _told(built, figures, total))


def _told(built: Build, figures: Counter[str], total: int) -> str:
    told = ", ".join(f"{figures[name]} {name}" for name in ("words", "placed", "named"))
    names = Counter(row.get("character") or "nobody" for row in built.rows)
    who = ", ".join(f"{name} {count}" for name, count in sorted(names.items()))
    episodes = sorted({row["episode"] for row in built.rows})
    end = "" if built.rows else f"; {built.ending()}"
    return f"{len(built.rows)} lines for {total} of {episodes}: {told}; {who}{end}"


def _compared(rows: list[dict[str, Any]], true: list[TrueLine], first: float, within: float) -> Counter[str]:
    """Count true lines, rows, and rows that have the words, the time and the name of a line of their own."""
    found = Counter(true=len(true), rows=len(rows))
    free = list(true)
    for row in rows:
        line = max(free, key=lambda line: _same(row["text"], line.text), default=None)
        if line is None or _same(row["text"], line.text) < SAME_WORDS:
            continue
        free.remove(line)
        found["words"] += 1
        found["placed"] += abs(row["start"] - (line.start - first)) <= within
        found["named"] += name_key(row["character"] or "") == name_key(line.character)
    return found


def _same(text: str, true: str) -> float:
    return float(Levenshtein.normalized_similarity(normalised(text).split(), normalised(true).split()))


@dataclass(frozen=True)
class Said:
    """The lines named, or a sentence on the screen that names the unused file."""

    word: str

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        named = Named().judged(built, truth)
        notice = self.word in built.screen
        return Verdict(named.right or notice, named.got + (f"; the screen names {self.word!r}" if notice else ""))


@dataclass(frozen=True)
class NamedFromSpeech:
    """Lines out of the speech itself, their speakers from a script: where they lie says whose they are."""

    least: float = 0.8
    most_wrong: float = 0.05

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        whose = [(row["character"] or "", _owner(row, truth)) for row in built.rows]
        right = sum(bool(name) and name_key(name) == name_key(true) for name, true in whose)
        wrong = sum(bool(name) and name_key(name) != name_key(true) for name, true in whose)
        got = f"{len(whose)} lines from speech, {right} named right, {wrong} wrong"
        total = max(1, len(whose))
        fine = len(whose) >= 0.8 * len(truth) and right >= self.least * total and wrong <= self.most_wrong * total
        return Verdict(fine, got)


def _owner(row: dict[str, Any], truth: list[TrueLine]) -> str:
    def shared(line: TrueLine) -> float:
        return min(row["end"], line.end) - max(row["start"], line.start)

    return max(truth, key=shared).character


@dataclass(frozen=True)
class OnceEach:
    """Each word once, in order; no line of two people. Times: every row lies on the lines that it says."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        said = " ".join(normalised(row["text"]) for row in built.rows).split()
        true = " ".join(normalised(line.text) for line in truth).split()
        errors = Levenshtein.distance(said, true)
        mixed = sum(len({line.character for line in truth if _overlap(row, line) > 0.5}) > 1 for row in built.rows)
        got = f"{len(built.rows)} lines, {len(said)} words for {len(true)}, {errors} wrong; {mixed} lines of two people"
        return Verdict(errors <= 0.03 * len(true) and not mixed and bool(built.rows), got)


def _overlap(row: dict[str, Any], line: TrueLine) -> float:
    return min(row["end"], line.end) - max(row["start"], line.start)


@dataclass(frozen=True)
class OneLanguage:
    """The Latin rows are the text; the rows in Han are dropped with a reason."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        named = Named(names=False).judged(built, truth)
        drops = [drop for drop in built.records("*", dropped=True) if _HAN.search(json.dumps(drop, ensure_ascii=False))]
        reasons = Counter(drop["reason"] for drop in drops)
        return Verdict(named.right and bool(drops), f"{named.got}; rows in Han dropped: {dict(reasons) or 'none'}")


_HAN, _KANA, _HANGUL = re.compile("[㐀-鿿]"), re.compile("[぀-ヿ]"), re.compile("[가-힣]")


@dataclass(frozen=True)
class Japanese:
    """The subtitle was read as Japanese, whatever became of its lines afterwards."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        texts = [record["text"] for record in built.records("subtitles")]
        text = " ".join(texts)
        kana, hangul = len(_KANA.findall(text)), len(_HANGUL.findall(text))
        return Verdict(kana > 50 and not hangul, f"{len(texts)} lines read, {kana} kana, {hangul} hangul: {text[:40]}")


@dataclass(frozen=True)
class Anonymous:
    """Labels of a diarizer are no characters."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        names = Counter(row["character"] or "nobody" for row in built.rows)
        labels = [name for name in names if re.search(r"speaker|spk", name, re.IGNORECASE)]
        texts = sum(bool(re.search("speaker_", row["text"], re.IGNORECASE)) for row in built.rows)
        voices = len({row.get("speaker") or "" for row in built.rows} - {""})
        got = f"{len(built.rows)} lines, characters {dict(names)}, {voices} voices, {texts} texts with a label"
        return Verdict(len(built.rows) >= 20 and not labels and not texts, got)


@dataclass(frozen=True)
class Media:
    """The lines named, from this file."""

    name: str

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        named = Named().judged(built, truth)
        used = [episode["media"] for episode in built.summary.get("episodes", ())]
        return Verdict(named.right and used == [self.name], f"{named.got}; built from {used}")


@dataclass(frozen=True)
class Unwarned:
    """The lines in place, and no sentence about missing audio."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        named = Named(names=False).judged(built, truth)
        warned = "its audio has" in built.said()
        return Verdict(named.right and not warned, named.got + ("; says that audio is missing" if warned else ""))


@dataclass(frozen=True)
class Clean:
    """The lines named, nothing in braces in any text, signs dropped with a reason."""

    def judged(self, built: Build, truth: list[TrueLine]) -> Verdict:
        """Return the verdict."""
        named = Named().judged(built, truth)
        notes = sum("{" in row["text"] or "TLN" in row["text"] for row in built.rows)
        return Verdict(named.right and not notes, f"{named.got}; {notes} texts with a note")


PART, CUT = 80.0, 0.8
"""Seconds: where an episode was cut in two, and what its first line may begin early there: somebody is speaking."""
BUILDS: dict[str, Check] = {
    "03-rollup-vtt": OnceEach(),
    "04-bilingual": OneLanguage(),
    "06-video-only-plus-audio": Media("Jungle.S01E01.m4a"),
    "08-ttml-ten-hours": Named(names=False, within=0.2),
    "11-ass-signs-notes": Clean(),
    "12-subtitle-other-name": Said("Jungle - 1x01 - Skull.en.srt"),
    "13-dual-mono-languages": Said("channel"),
    "14-number-in-title": Named(
        (
            ("7-lanterns/s02e01", 0.0, 60.0),
            ("7-lanterns/s02e02", 60.0, 110.0),
            ("7-lanterns/s02e03", 110.0, 152.0),
        ),
        within=CUT,
    ),
    "15-two-part-files": Named((("jungle/s01e01-part1", 0.0, PART), ("jungle/s01e01-part2", PART, 160.0)), within=CUT),
    "16-season-folder-with-title": Named((("jungle/s01e01", 0.0, PART), ("jungle/s02e01", PART, 160.0)), within=CUT),
    "18-colour-per-speaker": Named(names=False),
    "19-shift-jis-language-known": Japanese(),
    "21-container-starts-late-own-track": Unwarned(),
    "40-script-without-subtitles": NamedFromSpeech(),
    "45-diarization-labels-per-file": Anonymous(),
}
"""Case → what is asked; the others are `Named()`."""
