"""Build annotated episodes end to end and score the dataset against the truth.

    python benchmarks/build_series.py --data FOLDER --out J.json [--work DIR] [--workers 2]

FOLDER holds episodes with `<episode>.json` truth (lines, scenes). Three conditions: names in subtitles only, with
scripts (of the episodes that have one; printed too: the names in the others), with `--clips` reference clips for every
character of at least 20 lines (the clips are not scored). Figures on even episodes were used to choose settings; those
on odd episodes are the ones to quote.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from audiorole.core.progress import PlainProgress
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.input.cast import name_key, read_cast
from audiorole.pipeline.plan import StagePlan
from audiorole.pipeline.store import read_records
from audiorole.runners.local import local_runner
from audiorole.types import Dropped
from series_truth import (
    Match,
    Truth,
    link_series,
    matched,
    read_rows,
    read_truth,
    reference_cast,
    same_character,
    scene_breaks,
    share,
    word_errors,
)

IOU = 0.5

LINKED = ("name.clips_anywhere=true",)
"""The media of a built series are links to the data, and so clips lie outside the folder of the cast file."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep the builds here, to resume")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--conditions", nargs="*", default=["sdh", "script", "references"])
    parser.add_argument("--set", dest="settings", nargs="*", default=[])
    parser.add_argument("--clips", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, arguments.work or Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1, ensure_ascii=False), encoding="utf-8")


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    cast, clips = reference_cast(truth, clips=arguments.clips, least_lines=20)
    results: dict[str, Any] = {"episodes": len(truth.lines), "lines": sum(map(len, truth.lines.values()))}
    for condition in arguments.conditions:
        scripts = truth.lines if condition == "script" else ()
        link_series(truth, work / "media", scripts, cast if condition == "references" else "")
        unscored = clips if condition == "references" else set()
        results[condition] = one_condition(truth, work, arguments, unscored)
        show(condition, results[condition])
    return results


def one_condition(truth: Truth, work: Path, arguments: argparse.Namespace, unscored: set[str]) -> dict[str, Any]:
    from audiorole.core.config import with_settings

    tables = with_settings({}, [*LINKED, *arguments.settings])
    runner = local_runner(arguments.workers)
    progress = PlainProgress(lambda text: print(text, flush=True) if "failed" in text else None)
    result = build(BuildOptions(work / "media", work / "out", tables), runner, progress)
    cast = {name_key(c.name) for c in read_cast(work / "media" / "cast.toml").character} if unscored else set()
    scores: dict[str, Any] = {"quarantined": [msgspec.to_builtins(note) for note in result.run.quarantined]}
    rows = read_rows(work / "out" / "dataset")
    for part, keep in (("odd", 1), ("even", 0), ("all", None)):
        episodes = [e for e in truth.lines if keep is None or truth.number(e) % 2 == keep]
        scores[part] = score(truth, rows, episodes, unscored, result.plan, cast)
    if scripted := {truth.episode_of(path) for path in (work / "media").glob("*.script.txt")}:
        bare = [e for e in truth.lines if e not in scripted]
        scores["without_script"] = score(truth, rows, bare, unscored, result.plan, cast)["character_by_line"]
    tables.setdefault("curate", {})["label_precision"] = 0.95
    build(BuildOptions(work / "media", work / "out", tables), runner)
    sure = read_rows(work / "out" / "dataset")
    odd = [e for e in truth.lines if truth.number(e) % 2]
    scores["odd"]["dial_0.95"] = dial(truth, rows, sure, odd, unscored)
    return scores


def score(
    truth: Truth,
    rows: dict[str, list[dict[str, Any]]],
    episodes: list[str],
    unscored: set[str],
    line: StagePlan,
    cast: set[str],
) -> dict[str, Any]:
    """Return all figures over `episodes`. cast: keys of the characters that a cast file names."""
    matches = [m for e in episodes for m in matched([x for x in truth.lines[e] if x.subtitled], rows[e])]
    found = [m for m in matches if m.iou >= IOU]
    scored = [m for m in found if m.true.character and f"{m.true.episode}/{m.true.id}" not in unscored]
    return {
        "subtitled_lines": len(matches),
        "recall": share(len(found), len(matches)),
        "precision": precision(truth, rows, episodes),
        "accounted": accounted(truth, matches, line),
        **boundaries(found),
        "text_error_rate": text_error_rate(found),
        **characters(scored),
        "character_open_class": open_class(
            scored, cast or {name_key(r["character"]) for e in rows.values() for r in e}
        ),
        "character_of_cast": of_cast(scored, cast),
        "scene_f1": scene_breaks(matches, episodes, IOU),
    }


def precision(truth: Truth, rows: dict[str, list[dict[str, Any]]], episodes: list[str]) -> dict[str, Any]:
    """Of the built lines, the share that is a line of the truth, subtitled or not."""
    right = total = 0
    for episode in episodes:
        spans = np.array([(x.start, x.end) for x in truth.lines[episode]])
        for row in rows[episode]:
            common = np.clip(np.minimum(spans[:, 1], row["end"]) - np.maximum(spans[:, 0], row["start"]), 0, None)
            union = np.maximum(spans[:, 1], row["end"]) - np.minimum(spans[:, 0], row["start"])
            right += bool((common / union).max() >= IOU)
            total += 1
    return share(right, total)


def accounted(truth: Truth, matches: list[Match], line: StagePlan) -> dict[str, Any]:
    """Of the subtitled lines, those that are in the dataset or were dropped for a reason that is true of them."""
    earlier: set[str] = set()
    repeats = set()
    for episode in sorted(truth.lines):
        repeats |= {f"{x.episode}/{x.id}" for x in truth.lines[episode] if x.id in earlier}
        earlier |= {x.id for x in truth.lines[episode]}
    right, reasons = 0, defaultdict(int)
    drops = {episode: dropped_spans(line, episode) for episode in {m.true.episode for m in matches}}
    for match in matches:
        reason = "" if match.iou >= IOU else reason_for(match, drops[match.true.episode])
        true = match.iou >= IOU or reason_holds(reason, match, repeats)
        right += true
        if match.iou < IOU:
            reasons[f"{reason or 'boundaries'} {'(right)' if true else '(wrong)'}"] += 1
    return share(right, len(matches)) | {"not_kept": dict(sorted(reasons.items()))}


def dropped_spans(line: StagePlan, episode: str) -> list[tuple[float, float, str]]:
    found = []
    for stage in line.stages:
        path = line.folder(stage.name).dropped(episode)
        for record in read_records(path, Dropped) if path.exists() else ():
            content = msgspec.json.decode(record.record)
            if "start" in content and "text" in content:
                found.append((content["start"], content["end"], record.reason))
    return found


def reason_for(match: Match, drops: list[tuple[float, float, str]]) -> str:
    overlaps = [(min(e, match.true.end) - max(s, match.true.start), reason) for s, e, reason in drops]
    best, reason = max(overlaps, default=(0.0, ""))
    return reason if best > 0 else ""


def reason_holds(reason: str, match: Match, repeats: set[str]) -> bool:
    if reason == "too_short":
        return match.true.end - match.true.start < 0.4
    return reason == "heard_before" and f"{match.true.episode}/{match.true.id}" in repeats


def boundaries(found: list[Match]) -> dict[str, Any]:
    errors = [abs(m.row[side] - getattr(m.true, side)) for m in found for side in ("start", "end")]
    return {
        "boundary_error_median": float(np.median(errors)) if errors else None,
        "boundary_error_p95": float(np.percentile(errors, 95)) if errors else None,
    }


def text_error_rate(found: list[Match]) -> float:
    pairs = [word_errors(m.true.text, m.row["text"]) for m in found]
    return sum(e for e, _ in pairs) / max(1, sum(n for _, n in pairs))


def characters(scored: list[Match]) -> dict[str, Any]:
    right = [same_character(m) for m in scored]
    seconds = np.array([m.true.end - m.true.start for m in scored])
    by: dict[str, list[bool]] = defaultdict(list)
    for match, good in zip(scored, right, strict=True):
        by[match.true.character].append(good)
    return {
        "character_by_line": share(sum(right), len(right)),
        "character_by_second": float((seconds * np.array(right)).sum() / seconds.sum()),
        "character_macro": float(np.mean([np.mean(v) for v in by.values() if len(v) >= 5])),
        "character_by_length": {
            name: share(sum(np.array(right)[mask]), int(mask.sum()))
            for name, mask in (
                ("<0.8", seconds < 0.8),
                ("0.8-2", (seconds >= 0.8) & (seconds < 2)),
                (">=2", seconds >= 2),
            )
        },
        "calibration_error": calibration_error([m.row["probability"] or 0 for m in scored], right),
    }


def open_class(scored: list[Match], known: set[str]) -> dict[str, Any]:
    """By line, where a character that nothing names (a guest) is right as soon as no known character is said."""
    right = [
        same_character(m)
        if name_key(m.true.character) in known
        else name_key(m.row["character"] or "") not in known - {""}
        for m in scored
    ]
    return share(sum(right), len(right))


def of_cast(scored: list[Match], cast: set[str]) -> dict[str, Any]:
    """By line, of the lines of those whom a cast file names."""
    right = [same_character(m) for m in scored if name_key(m.true.character) in cast]
    return share(sum(right), len(right))


def calibration_error(probability: list[float], right: list[bool], bins: int = 10) -> float:
    places = np.minimum((np.array(probability) * bins).astype(int), bins - 1)
    hits, total = np.array(right, float), 0.0
    for place in range(bins):
        inside = places == place
        if inside.any():
            total += abs(np.array(probability)[inside].mean() - hits[inside].mean()) * inside.mean()
    return float(total)


def dial(
    truth: Truth,
    rows: dict[str, list[dict[str, Any]]],
    sure: dict[str, list[dict[str, Any]]],
    episodes: list[str],
    unscored: set[str],
) -> dict[str, Any]:
    """Return precision and yield of the lines that a label precision of 0.95 keeps."""
    kept = [m for e in episodes for m in matched(truth.lines[e], sure[e]) if m.iou >= IOU]
    kept = [m for m in kept if m.true.character and f"{m.true.episode}/{m.true.id}" not in unscored]
    lines = sum(len(rows[e]) for e in episodes)
    return {
        "precision": share(sum(map(same_character, kept)), len(kept)),
        "yield": sum(len(sure[e]) for e in episodes) / max(1, lines),
    }


def show(condition: str, result: dict[str, Any]) -> None:
    odd = result["odd"]
    lines = odd["character_by_line"]
    print(f"\n== {condition} (odd episodes; quarantined {len(result['quarantined'])})")
    print(f"lines found: recall {odd['recall']['value']:.3f}, precision {odd['precision']['value']:.3f}; ", end="")
    print(f"kept or rightly dropped {odd['accounted']['value']:.3f} {odd['accounted']['not_kept']}")
    print(f"boundary error: median {odd['boundary_error_median'] * 1000:.0f} ms, ", end="")
    print(f"95th percentile {odd['boundary_error_p95'] * 1000:.0f} ms; text error rate {odd['text_error_rate']:.4f}")
    print(f"character: {lines['value']:.3f} [{lines['low']:.3f}, {lines['high']:.3f}] by line, ", end="")
    print(f"{odd['character_by_second']:.3f} by second, {odd['character_macro']:.3f} macro; ", end="")
    print("; ".join(f"{k} s {v['value']:.3f}" for k, v in odd["character_by_length"].items() if v["value"] is not None))
    known, main = odd["character_open_class"], odd["character_of_cast"]
    print(f"with guests as one open class: {known['value']:.3f} by line", end="")
    print(f"; lines of the cast file's characters: {main['value']:.3f} of {main['of']}" if main["of"] else "")
    print(f"calibration error {odd['calibration_error']:.3f}; scenes {odd['scene_f1']}")
    if bare := result.get("without_script"):
        print(f"episodes without a script: {bare['value']:.3f} [{bare['low']:.3f}, {bare['high']:.3f}] by line")
    sure = odd["dial_0.95"]
    print(f"--label-precision 0.95: precision {sure['precision']['value']:.3f}, yield {sure['yield']:.3f}", flush=True)


if __name__ == "__main__":
    main()
