"""Faces on pictures, with exact truth: are they found, kept apart, and do they name lines? What does looking cost?

    python -m benchmarks.naming.faces --data FOLDER --out J.json [--work DIR] [--episodes 1 3 5 7 9 11]

FOLDER holds episodes with `<episode>.json` truth. Their sound gets a film of heads that nobody has
(`heads.py`, CC0), who are on the picture as `faces_film.shots` says. Two conditions, each with and without
faces: one reference clip for every character of 20 lines or more and no names in subtitles, and names in subtitles.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from audiorole.audio.pictures import Sampling, pictures
from audiorole.core.config import with_settings
from audiorole.dataset.build import BuildOptions, build
from audiorole.dataset.names.faces import ARRAYS
from audiorole.naming.face_identity import cluster_faces
from audiorole.pipeline.work import StagePlan
from audiorole.runners.local import InProcess
from benchmarks.naming.faces_film import Actors, Shot, shots, write_film
from benchmarks.naming.heads import Body, pulled
from benchmarks.series_truth import Truth, matched, read_rows, read_truth, reference_cast, same_character, wilson

SMALL, LARGE, RATE = (640, 360), (1920, 1080), 12
OFF = ["validate.scorer=", "validate.transcriber=", "quality.estimator=", "listen.overlap="]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep film and builds here")
    parser.add_argument("--heads", type=Path, default=Path.home() / ".cache" / "audiorole" / "heads")
    parser.add_argument("--episodes", type=int, nargs="*", default=[1, 3, 5, 7, 9, 11])
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments, arguments.work or Path(folder))
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def run(arguments: argparse.Namespace, work: Path) -> dict[str, Any]:
    truth = read_truth(arguments.data)
    chosen = [e for e in truth.lines if truth.number(e) in arguments.episodes]
    truth = Truth({e: truth.lines[e] for e in chosen}, {e: truth.media[e] for e in chosen})
    plans = {e: shots(truth.lines[e], truth.number(e)) for e in truth.lines}
    names = sorted({x.character for lines in truth.lines.values() for x in lines if x.character})
    actors = Actors(Body.read(pulled(arguments.heads)), names)
    make_series(truth, plans, actors, work / "media")
    results: dict[str, Any] = {"episodes": len(chosen), "characters": len(names)}
    cast, clips = reference_cast(truth, clips=1, least_lines=20)
    for condition, toml, unscored, cues in (("clips", cast, clips, "false"), ("subtitles", "", set(), "true")):
        for detector in ("", "yunet"):
            settings = [*OFF, f"faces.detector={detector}", f"name.use_cues={cues}"]
            line = built(work, toml, settings)
            score = named(truth, work / "out", unscored)
            results[f"{condition}{' + faces' if detector else ''}"] = score
            print(f"{condition:<10} {'with' if detector else 'without':<8} faces: {text(score)}", flush=True)
    results["seen"] = seen(line, plans)
    print(json.dumps(results["seen"], indent=1))
    results["cost"] = costs(truth, plans, actors, work)
    return results


def make_series(truth: Truth, plans: dict[str, list[Shot]], actors: Actors, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for episode, source in truth.media.items():
        target = folder / f"{source.stem}.mkv"
        if not target.exists():
            write_film(target, source, plans[episode], length(source), actors, SMALL, RATE)
            (folder / f"{source.stem}.srt").write_bytes(source.with_suffix(".srt").read_bytes())
            print(f"film of {episode}: {target.stat().st_size / 1e6:.1f} MB", flush=True)
        link = folder / source.name
        link.unlink(missing_ok=True)


def length(media: Path) -> float:
    with av.open(str(media)) as container:
        return float(container.duration or 0) / 1e6


def built(work: Path, cast: str, settings: list[str]) -> StagePlan:
    path = work / "media" / "cast.toml"
    path.unlink(missing_ok=True)
    if cast:
        path.write_text(cast.replace(".opus", ".mkv"), encoding="utf-8")
    return build(BuildOptions(work / "media", work / "out", with_settings({}, settings)), InProcess()).plan


def named(truth: Truth, out: Path, unscored: set[str]) -> dict[str, Any]:
    """Return accuracy by line over lines that were found, and how well the probabilities did."""
    rows = read_rows(out / "dataset")
    found = [m for e in truth.lines for m in matched([x for x in truth.lines[e] if x.subtitled], rows[e])]
    found = [m for m in found if m.iou >= 0.5 and m.true.character]
    scored = [m for m in found if f"{m.true.episode}/{m.true.id}" not in unscored]
    right = [same_character(m) for m in scored]
    low, high = wilson(sum(right), len(right))
    short = [good for good, m in zip(right, scored, strict=True) if m.true.end - m.true.start < 0.8]
    return {"accuracy": float(np.mean(right)), "low": low, "high": high, "lines": len(right), "short": np.mean(short)}


def text(score: dict[str, Any]) -> str:
    return (
        f"{score['accuracy']:.3f} [{score['low']:.3f}, {score['high']:.3f}] of {score['lines']} lines, "
        f"{score['short']:.3f} of those under 0.8 s"
    )


def seen(line: StagePlan, plans: dict[str, list[Shot]]) -> dict[str, Any]:
    """Return how faces compare with the truth on the pictures that were looked at, and the clusters' purity."""
    vectors, picture, owners, base = [], [], [], 0
    true = found = wrong = looked = 0
    for episode, plan in plans.items():
        arrays = {n: np.load(line.folder("faces").array(episode, n)) for n in (*ARRAYS, "times")}
        starts = [shot.start for shot in plan]
        for number, moment in enumerate(arrays["times"].tolist()):
            shot = plan[int(np.searchsorted(starts, moment + 0.5 / RATE, side="right")) - 1]
            rows = np.flatnonzero(arrays["picture"] == number)
            hit = [owner(arrays["boxes"][row], shot) for row in rows]
            looked += 1
            true += len(shot.heads)
            found += len({who for who in hit if who})
            wrong += sum(not who for who in hit)
            vectors += list(arrays["vectors"][rows])
            picture += [base + number] * len(rows)
            owners += hit
        base += len(arrays["times"])
    labels = cluster_faces(np.array(vectors), np.array(picture))
    return {
        "pictures": looked,
        "faces": true,
        "recall": found / true,
        "precision": found / max(1, found + wrong),
        "clusters": int(labels.max()) + 1,
        "people": len(set(owners) - {""}),
        "purity": purity(labels.tolist(), owners),
        "inverse_purity": purity(owners, labels.tolist()),
    }


def owner(box: np.ndarray, shot: Shot) -> str:
    """Return whose head the middle of a box lies in, "" for nobody's."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    inside = [
        h.who for h in shot.heads if h.box[0] <= x <= h.box[0] + h.box[2] and h.box[1] <= y <= h.box[1] + h.box[3]
    ]
    return inside[0] if inside else ""


def purity(groups: list[Any], labels: list[Any]) -> float:
    """Return the share of items that have the most frequent label of their group."""
    pairs = Counter(zip(groups, labels, strict=True))
    best: dict[Any, int] = {}
    for (group, _), count in pairs.items():
        best[group] = max(best.get(group, 0), count)
    return sum(best.values()) / len(groups)


def costs(truth: Truth, plans: dict[str, list[Shot]], actors: Actors, work: Path) -> dict[str, Any]:
    """Return CPU seconds per hour of film: decoding all of it, the pictures alone, and pictures with faces."""
    episode, source = next(iter(truth.media.items()))
    large = work / "large.mkv"
    if not large.exists():
        write_film(large, source, plans[episode], 180.0, actors, LARGE, 24)
    moments = sorted(
        {round(t, 1) for x in truth.lines[episode] if x.end < 180 for t in (x.start, (x.start + x.end) / 2, x.end)}
    )
    found: dict[str, Any] = {}
    for name, path in (("640x360", work / "media" / f"{source.stem}.mkv"), ("1920x1080", large)):
        seconds = min(180.0, length(path))
        for reach in (0.0, 1e9):
            figures = cost(path, moments, reach, seconds)
            found[f"{name} {'key frames' if not reach else 'exact'}"] = figures
            print(f"{name:<10} {'key frames' if not reach else 'exact':<10}", figures, flush=True)
    return found


def cost(path: Path, moments: list[float], reach: float, seconds: float) -> dict[str, float]:
    """Return CPU seconds per hour, and what share of them is decoding."""
    from audiorole.models import load_model

    detector, embedder = load_model("face-detector", "yunet"), load_model("face-embedder", "sface")
    begin = time.process_time()
    shown = list(pictures(path, moments, Sampling(reach=reach)))
    decoded = time.process_time()
    faces = [detector.faces(picture.pixels) for picture in shown]
    detected = time.process_time()
    for picture, each in zip(shown, faces, strict=True):
        embedder.embed_faces(picture.pixels, each)
    done = time.process_time()
    hours = seconds / 3600
    return {
        "pictures_per_hour": round(len(shown) / hours),
        "decode": round((decoded - begin) / hours, 1),
        "detect": round((detected - decoded) / hours, 1),
        "embed": round((done - detected) / hours, 1),
        "total": round((done - begin) / hours, 1),
        "decode_share": round((decoded - begin) / (done - begin), 3),
    }


if __name__ == "__main__":
    main()
