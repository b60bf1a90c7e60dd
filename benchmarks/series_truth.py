"""Annotated episodes and how a built dataset compares with them: shared by the build benchmarks."""

from __future__ import annotations

import itertools
import json
import random
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from rapidfuzz.distance import Levenshtein

from audiorole.dataset.input.cast import name_key
from audiorole.dataset.lines.text import normalised

MEDIA = (".opus", ".mkv", ".wav", ".flac", ".mp4")


@dataclass(frozen=True)
class TrueLine:
    """One line of the truth."""

    id: str
    episode: str
    start: float
    end: float
    text: str
    character: str  # "" where the truth does not know
    scene: str
    subtitled: bool
    snr_db: float | None


@dataclass(frozen=True)
class Truth:
    """All episodes of a folder. number: episode → its number, for the split in choosing (even) and reporting (odd)."""

    lines: dict[str, list[TrueLine]]
    media: dict[str, Path]

    def episode_of(self, script: Path) -> str:
        """Return the episode whose media file a script is named after."""
        stem = script.name.removesuffix(".script.txt")
        return next(episode for episode, source in self.media.items() if source.stem == stem)

    def number(self, episode: str) -> int:
        return int("".join(filter(str.isdigit, episode[-3:])) or 0)


def read_truth(data: Path) -> Truth:
    """Read `<episode>.json` beside the media; episode ids are those that audiorole gives."""
    from audiorole.dataset.input.ids.placed import episode_id

    lines, media = {}, {}
    for path in sorted(data.glob("*.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        if "lines" not in content:
            continue
        source = data / content["audio"]
        identity = episode_id(source, data)
        media[identity] = source
        lines[identity] = [_line(item, identity) for item in content["lines"]]
    return Truth(lines, media)


def _line(item: dict[str, Any], episode: str) -> TrueLine:
    return TrueLine(
        id=item["id"],
        episode=episode,
        start=item["start"],
        end=item["end"],
        text=item["text"],
        character=item["character"] or "",
        scene=item["scene"],
        subtitled=item.get("subtitled", True),
        snr_db=item.get("snr_db"),
    )


def link_series(truth: Truth, folder: Path, scripts: Collection[str] = (), cast: str = "") -> None:
    """Make `folder` a series as a user has it: media and subtitles, scripts of the episodes in `scripts`, a cast."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in [*folder.glob("*.script.txt"), folder / "cast.toml"]:
        stale.unlink(missing_ok=True)
    for episode, source in truth.media.items():
        for name in (source.name, f"{source.stem}.srt"):
            _link(source.with_name(name), folder / name)
        if episode in scripts:
            _link(source.with_name(f"{source.stem}.script.txt"), folder / f"{source.stem}.script.txt")
    if cast:
        (folder / "cast.toml").write_text(cast, encoding="utf-8")


def _link(source: Path, target: Path) -> None:
    if source.exists() and not target.exists():
        target.symlink_to(source.resolve())


def reference_cast(truth: Truth, clips: int, least_lines: int, seed: int = 0) -> tuple[str, set[str]]:
    """Return (cast.toml with `clips` random clips for every character with `least_lines`, ids of the lines used).

    Clips are lines of 1.5 s or more, as a person would choose them; they are taken out of the score.
    """
    by_character: dict[str, list[TrueLine]] = defaultdict(list)
    for lines in truth.lines.values():
        for line in (x for x in lines if x.character):
            by_character[line.character].append(line)
    rng, tables, used = random.Random(seed), [], set()
    for name, lines in sorted(by_character.items()):
        if len(lines) < least_lines:
            continue
        tables.append(f"[[character]]\nname = {json.dumps(name, ensure_ascii=False)}\n")
        for line in rng.sample([x for x in lines if x.end - x.start >= 1.5], clips):
            path = json.dumps(truth.media[line.episode].name)
            tables.append(f"[[character.references]]\npath = {path}\nstart = {line.start}\nend = {line.end}\n")
            used.add(f"{line.episode}/{line.id}")
    return "\n".join(tables), used


@dataclass(frozen=True)
class Match:
    """A true line with the built line that shares most time with it. iou: 0 where there is none."""

    true: TrueLine
    row: dict[str, Any]
    iou: float


def read_rows(dataset: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a published dataset by episode, without audio."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(dataset.rglob("*.parquet")):
        names = [name for name in pq.read_schema(path).names if name not in ("audio", "words")]
        for row in pq.read_table(path, columns=names).to_pylist():
            rows[row["episode"]].append(row)
    return rows


def matched(true: list[TrueLine], rows: list[dict[str, Any]]) -> list[Match]:
    """Match every true line to the row of greatest IoU."""
    if not rows:
        return [Match(line, {}, 0.0) for line in true]
    spans = np.array([(row["start"], row["end"]) for row in rows])
    return [_best(line, spans, rows) for line in true]


def _best(line: TrueLine, spans: np.ndarray, rows: list[dict[str, Any]]) -> Match:
    common = np.clip(np.minimum(spans[:, 1], line.end) - np.maximum(spans[:, 0], line.start), 0, None)
    union = np.maximum(spans[:, 1], line.end) - np.minimum(spans[:, 0], line.start)
    iou = common / union
    best = int(iou.argmax())
    return Match(line, rows[best], float(iou[best]))


def word_errors(true: str, text: str) -> tuple[int, int]:
    """Return (edit distance in words, words of the truth)."""
    words = normalised(true).split()
    return Levenshtein.distance(words, normalised(text).split()), len(words)


def same_character(match: Match) -> bool:
    """Return True where the built line has the true character's name."""
    return name_key(match.row.get("character") or "") == name_key(match.true.character)


def scene_breaks(matches: list[Match], episodes: list[str], least_iou: float) -> dict[str, Any]:
    """Scene breaks between neighbouring found lines: precision, recall, F1, and how many the truth has."""
    true = predicted = both = 0
    for episode in episodes:
        lines = [m for m in matches if m.true.episode == episode and m.iou >= least_iou]
        for before, after in itertools.pairwise(lines):
            is_true, is_found = before.true.scene != after.true.scene, before.row["scene"] != after.row["scene"]
            true, predicted, both = true + is_true, predicted + is_found, both + (is_true and is_found)
    return {
        "f1": 2 * both / max(1, true + predicted),
        "precision": both / max(1, predicted),
        "recall": both / max(1, true),
        "of": true,
    }


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    if not total:
        return 0.0, 1.0
    share, square = right / total, z * z / total
    centre = (share + square / 2) / (1 + square)
    half = z * np.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    return float(centre - half), float(centre + half)


def share(right: int, total: int) -> dict[str, Any]:
    """Return a share with its 95 % Wilson interval; its value is None where there is nothing."""
    low, high = wilson(right, total)
    value = right / total if total else None
    return {"value": value, "low": low, "high": high, "of": total}
