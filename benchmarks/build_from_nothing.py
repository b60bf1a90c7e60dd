"""Build annotated episodes from the media alone and score lines, words and voices against the truth.

    python benchmarks/build_from_nothing.py --data FOLDER --out J.json [--work DIR] [--workers 2] [--set …]

No subtitles, no script, no cast: lines are cut where the speech says so, ASR gives the words, voices are clustered.
A line is *mixed* when a second person holds at least 0.3 s of it. Figures on even episodes were used to choose
settings; those on odd episodes are the ones to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from audiorole.core.config import with_settings
from audiorole.core.progress import PlainProgress
from audiorole.dataset.build import BuildOptions, build
from audiorole.runners.local import local_runner
from series_truth import TrueLine, Truth, matched, read_rows, read_truth, share, word_errors

SECOND_VOICE = 0.3
"""Seconds from which a second person makes a line mixed: about one syllable more than a boundary is off (p95)."""

Rows = dict[str, list[dict[str, Any]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep the build here, to resume")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--set", dest="settings", nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, arguments.work or Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Build from media alone; return the scores of odd and of even episodes."""
    truth = read_truth(arguments.data)
    media = work / "media"
    media.mkdir(parents=True, exist_ok=True)
    for source in truth.media.values():
        target = media / source.name
        if source.suffix != ".mkv" and not target.exists():  # a container may hold subtitles
            target.symlink_to(source.resolve())
    options = BuildOptions(media, work / "out", with_settings({}, arguments.settings))
    build(options, local_runner(arguments.workers), PlainProgress(lambda text: None))
    rows = read_rows(work / "out" / "dataset")
    scores = {}
    for part, keep in (("even", 0), ("odd", 1)):
        episodes = [e for e in truth.lines if truth.number(e) % 2 == keep and e in rows]
        scores[part] = score(truth, rows, episodes)
        show(part, scores[part])
    return scores


def score(truth: Truth, rows: Rows, episodes: list[str]) -> dict[str, Any]:
    """Return the figures over `episodes`."""
    matches = [match for e in episodes for match in matched(truth.lines[e], rows[e])]
    built = [(row, truth.lines[e]) for e in episodes for row in rows[e]]
    spoken = [voices(row, lines) for row, lines in built]
    mixed = sum(len(v) > 1 and sorted(v.values())[-2] >= SECOND_VOICE for v in spoken)
    inside = sum(max(v.values(), default=0.0) for v in spoken)
    return {
        "true_lines": len(matches),
        "lines": len(built),
        "recall": share(sum(m.iou >= 0.5 for m in matches), len(matches)),
        "mixed": share(mixed, len(built)),
        "purity": inside / max(1e-9, sum(sum(v.values()) for v in spoken)),
        "word_error_rate": words(truth, rows, episodes),
        **clusters(built, spoken),
    }


def voices(row: dict[str, Any], lines: list[TrueLine]) -> Counter[str]:
    """Return the seconds that each true character speaks in a built line."""
    found: Counter[str] = Counter()
    for line in lines:
        common = min(row["end"], line.end) - max(row["start"], line.start)
        if common > 0:
            found[line.character] += common
    return found


def words(truth: Truth, rows: Rows, episodes: list[str]) -> float:
    """Return the word error rate over whole episodes: all true words against all words of the dataset, in order."""
    pairs = []
    for episode in episodes:
        true = " ".join(line.text for line in sorted(truth.lines[episode], key=lambda line: line.start))
        built = " ".join(row["text"] for row in sorted(rows[episode], key=lambda row: row["start"]))
        pairs.append(word_errors(true, built))
    return sum(errors for errors, _ in pairs) / max(1, sum(count for _, count in pairs))


def clusters(built: list[tuple[dict[str, Any], Any]], spoken: list[Counter[str]]) -> dict[str, float]:
    """Return how pure the anonymous voices are, and how many of them hold 90 % of the lines."""
    members: dict[str, Counter[str]] = defaultdict(Counter)
    for (row, _), found in zip(built, spoken, strict=True):
        if found:
            members[row["speaker"]][found.most_common(1)[0][0]] += 1
    total = sum(sum(count.values()) for count in members.values())
    return {"voices": len(members), "voice_purity": sum(max(c.values()) for c in members.values()) / max(1, total)}


def show(part: str, one: dict[str, Any]) -> None:
    """Print the figures of one half of the episodes."""
    recall, mixed = one["recall"], one["mixed"]
    print(
        f"{part}: {one['lines']} lines for {one['true_lines']} true ones; recall at IoU 0.5 {recall['value']:.3f}; ",
        end="",
    )
    print(f"mixed {mixed['value']:.3f} [{mixed['low']:.3f}, {mixed['high']:.3f}]; ", end="")
    print(f"of the speech in lines {one['purity']:.3f} is its main speaker's; ", end="")
    print(f"WER {one['word_error_rate']:.3f}; {one['voices']} voices, {one['voice_purity']:.3f} pure", flush=True)


if __name__ == "__main__":
    main()
