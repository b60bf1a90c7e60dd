"""A million lines on the review desk: opening, scrolling, searching, filtering and deciding, in milliseconds.

    python -m benchmarks.review.scale --out J.json [--lines 1000000] [--work DIR]

Writes the records of a series that no build made: episodes of 900 lines, 60 characters, words drawn by how common they
are. The desk is then opened on it as on any build. The names are those of the records: without voices there is nothing
to name anew (`benchmarks/naming/scale.py` measures that). Of each action the median and the slowest of several are
printed: at the server (one request, answered on this machine) and in headless Chromium (from the key or the scroll
until the lines are on the screen).
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np

from audiorole.dataset.build import BUILT, Built
from audiorole.pipeline.store import Marker, StageFolder, write_atomic
from audiorole.pipeline.writer import ShardWriter
from audiorole.review.checks.answer import Answer
from audiorole.review.session import ReviewSession
from audiorole.types import AudioStream, Episode, Naming, Quality, Record, Source, Speech, Utterance
from tests.chromium import Chromium
from tests.review.conftest import HEADERS, Hands, served

PER_EPISODE, CAST, WORDS = 900, 60, 20_000
STAGES = ("probe", "listen", "subtitles", "sync", "segment", "embed", "quality", "enhance", "faces", "dedup", "name")
AGAIN = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="keep the series here")
    parser.add_argument("--lines", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = run(arguments.work or Path(folder), arguments.lines)
    arguments.out.write_text(json.dumps(results, indent=1), encoding="utf-8")


def run(work: Path, lines: int) -> dict[str, Any]:
    out = work / "out"
    if not (out / "recipe.json").exists():
        write_series(out, lines)
    (out / "decisions.jsonl").unlink(missing_ok=True)
    began, results = time.perf_counter(), {}
    session = ReviewSession(out, who="ann")
    results["open"] = [time.perf_counter() - began]
    with served(session) as url:
        results |= at_the_server(session, url)
        show(results)
        with Chromium(url) as browser:
            browser.send(
                "Emulation.setDeviceMetricsOverride", width=1400, height=900, deviceScaleFactor=1, mobile=False
            )
            seen = in_the_browser(Hands(browser))
            show(seen)
            results |= seen
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(session.lines):,} lines, peak memory {peak:.2f} GiB")
    (out / "decisions.jsonl").unlink(missing_ok=True)
    return {"seconds": results, "peak_gib": peak, "lines": len(session.lines)}


def show(results: dict[str, list[float]]) -> None:
    for name, seconds in results.items():
        slowest = f"slowest {1000 * max(seconds):7.0f} ms"
        print(f"{name:<52} median {1000 * np.median(seconds):7.0f} ms, {slowest}", flush=True)


def at_the_server(session: ReviewSession, url: str) -> dict[str, list[float]]:
    """Ask as the page asks, over the socket."""
    total = len(session.lines)
    places = np.linspace(0, total - 100, AGAIN).astype(int).tolist()
    episode = session.lines.episodes[len(session.lines.episodes) // 2]
    wanted = {
        "server: a page of lines anywhere": [f"/lines?first={place}&count=100" for place in places],
        "server: search, a rare word": [f"/lines?text=w{WORDS - 1 - n}&count=100" for n in range(AGAIN)],
        "server: search, a common word": [f"/lines?text=w{n}%20&count=100" for n in range(AGAIN)],
        "server: search, two words": [f"/lines?text=w{n}%20w{n + 1}&count=100" for n in range(AGAIN)],
        "server: search, nothing there": [f"/lines?text=zz{n}&count=100" for n in range(AGAIN)],
        "server: one character": [f"/lines?character=Person%20{n}&count=100" for n in range(AGAIN)],
        "server: character, below 80 %, overlapped, tier": [
            f"/lines?character=Person%20{n}&below=0.8&overlap=1&tiers=BC&count=100" for n in range(AGAIN)
        ],
        "server: an episode": [f"/lines?episode={episode}&count=100"] * AGAIN,
        "server: jump to a time": [f"/place?episode={episode}&at={60 * n}" for n in range(AGAIN)],
        "server: one line whole": [f"/line?line={session.lines.id_of(place)}" for place in places],
        "server: is anything new": ["/changes"] * AGAIN,
        "server: the state": ["/state"] * AGAIN,
    }  # fmt: skip
    base = url.partition("/?")[0]
    found = {}
    with httpx.Client(base_url=base, headers=HEADERS, timeout=60) as client:
        for name, paths in wanted.items():
            found[name] = [timed(lambda path=path: client.get(path).raise_for_status()) for path in paths]
        found["server: correct a line"] = [
            timed(
                lambda row=row: session.decide(Answer("edit_text", session.lines.id_of(row), "Corrected."), wait=False)
            )
            for row in places
        ]
    return found


def in_the_browser(hands: Hands) -> dict[str, list[float]]:
    """Scroll, search and jump as a person does, until the lines are drawn."""
    found: dict[str, list[float]] = {}
    there = "document.querySelector('.list .line') && !document.querySelector('.list .waiting')"
    drawn = f"desk.view.list?.total > 0 && {there}"
    found["browser: the list of all lines"] = [reached(hands, "location.hash = '#/lines'", drawn)]
    found["browser: scroll anywhere"] = [
        reached(hands, f"desk.view.list.moveTo({share} * desk.view.list.whole)", drawn)
        for share in (0.9, 0.1, 0.5, 0.77, 0.33, 0.99, 0.02)
    ]
    for name, words in (
        ("rare", [f"w{WORDS - 1 - n}" for n in range(AGAIN)]),
        ("common", [f"w{n} " for n in range(AGAIN)]),
    ):
        found[f"browser: search, a {name} word, from the last key"] = [typed(hands, word) for word in words]
    hands.ask("location.hash = '#/lines'")
    hands.wait(drawn)
    hands.wait("desk.view.list.selected === 0")
    found["browser: next line by key"] = [
        reached(hands, "desk.press('ArrowDown')", f"desk.view.list.selected === {at}") for at in range(1, 1 + AGAIN)
    ]
    return found


def typed(hands: Hands, word: str) -> float:
    """Type a word into the search; return the seconds until its lines are there, the wait for more keys included."""
    value = json.dumps(word)
    script = (
        f"const find = document.getElementById('find'); find.value = {value}; find.dispatchEvent(new Event('input'))"
    )
    asked = f"desk.view.filter?.text === {json.dumps(word.strip())} && desk.view.list.loaded"
    ready = f"{asked} && document.querySelector('.list .line mark')"
    return reached(hands, script, ready)


def reached(hands: Hands, script: str, condition: str) -> float:
    """Run a script in the page and return the seconds until the condition holds in a painted frame."""
    return float(
        hands.ask(f"""new Promise((resolve) => {{
      const began = performance.now();
      const spent = () => (performance.now() - began) / 1000;
      const look = () => (({condition}) || spent() > 20 ? resolve(spent()) : requestAnimationFrame(look));
      {script};
      requestAnimationFrame(look);
    }})""")
    )


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def write_series(out: Path, count: int) -> None:
    """Write a finished run with `count` lines, as far as the desk reads it."""
    rng, run = np.random.default_rng(0), out / "run"
    common = 1 / np.arange(1, WORDS + 1)
    chance = common / common.sum()
    shards = [f"show/s{1 + n // 50:02d}e{1 + n % 50:02d}" for n in range(-(-count // PER_EPISODE))]
    for number, shard in enumerate(shards):
        lines = min(PER_EPISODE, count - number * PER_EPISODE)
        stream = AudioStream(0, "flac")
        write(run, "probe", shard, [Episode(shard, "show", f"{shard}.flac", "0" * 64, PER_EPISODE * 2.5, stream)])
        write(run, "name", shard, episode_lines(shard, lines, rng, chance))
    for shard in shards:
        path = StageFolder(run / "00-sources").records(shard)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.encode(Source(shard, f"{shard}.flac")) + b"\n")
    write_atomic(run / BUILT, msgspec.json.encode(Built(str(out / "in"), STAGES)))
    write_atomic(out / "recipe.json", b"{}")


def episode_lines(shard: str, count: int, rng: np.random.Generator, chance: np.ndarray) -> Iterator[Utterance]:
    words = rng.choice(len(chance), (count, 8), p=chance)
    who, sure, tier, overlap = (
        rng.integers(0, CAST, count),
        rng.random(count),
        rng.integers(0, 3, count),
        rng.random(count),
    )
    for at in range(count):
        text = " ".join(f"w{word}" for word in words[at]) + " ."
        naming = Naming(f"Person {who[at]}", round(float(sure[at]), 4), f"voice_{who[at]:02d}")
        speech = Speech(1.0, round(float(overlap[at]) ** 4, 3))
        yield Utterance(
            f"{shard}/u{at + 1:05d}", at * 2.5, at * 2.5 + 2.0, text, speech=speech, naming=naming,
            quality=Quality("ABC"[tier[at]]),
        )  # fmt: skip


def write(run: Path, stage: str, shard: str, records: Iterator[Record] | list[Record]) -> None:
    folder = StageFolder(run / f"{STAGES.index(stage) + 1:02d}-{stage}")
    writer = ShardWriter(folder, shard)
    for _ in writer.write(records):
        pass
    writer.commit(Marker(digest="made up", kept=0, created=0, dropped={}, outputs={}))


if __name__ == "__main__":
    main()
