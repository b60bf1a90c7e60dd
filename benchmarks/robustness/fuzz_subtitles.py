"""Mutate subtitle files and read them: no traceback, one clear sentence each, no file takes long.

    python -m benchmarks.robustness.fuzz_subtitles [--data FOLDER] [--count 3000] [--seed 0] [--out J.json]

Originals: the subtitle files of FOLDER (and its subfolders), and one generated file of every format that is read. Each
mutant is read and split into speaker lines. It fails on an exception other than `InputError`, a message that is not one
clear line, a cue that is neither in a line nor left out with a reason, or more than `SLOWEST` seconds.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pysubs2

from audiorole.dataset.subtitles import SUFFIXES, Subtitles, read_bytes, split
from audiorole.errors import InputError

SLOWEST = 5.0
FORMATS = ("srt", "vtt", "ass", "ssa", "microdvd", "mpl2", "tmp", "ttml")
TEXTS = (
    "Hello there.", "- Yes?\\N- No!", "(DOOR SLAMS)", "JOHN: I was going", "to tell you.", "{\\i1}Who's there?{\\i0}",
    "♪ La la ♪", "[narrator] Příliš žluťoučký kůň.", "Tom &amp; <b>Jerry</b>", "你好，世界。", "שלום לך",
    "Subtitles by Nobody\\Nwww.example.org",
)  # fmt: skip
SAMI = b"<SAMI><BODY><SYNC Start=1000><P>Hello there.<SYNC Start=2500><P>&nbsp;<SYNC Start=4000><P>Bye.</BODY></SAMI>"

Mutation = Callable[[bytes, random.Random], bytes]


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Change some bytes to any others."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 30)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def truncated(data: bytes, rng: random.Random) -> bytes:
    """Lose the end, or the beginning."""
    at = rng.randrange(len(data))
    return data[:at] if rng.random() < 0.7 else data[at:]


def holed(data: bytes, rng: random.Random) -> bytes:
    """Lose a part in the middle."""
    start = rng.randrange(len(data))
    return data[:start] + data[start + rng.randint(1, 400) :]


def doubled(data: bytes, rng: random.Random) -> bytes:
    """Repeat a part, up to a thousand times."""
    start = rng.randrange(len(data))
    part = data[start : start + rng.randint(1, 60)]
    return data[:start] + part * rng.choice([2, 10, 1000]) + data[start:]


def stuffed(data: bytes, rng: random.Random) -> bytes:
    """Put in what parsers choke on."""
    at = rng.randrange(len(data))
    hard = [
        b"\x00" * 50, b"<" * 5000, b"{\\" * 3000, b"(" * 4000, b"[" * 4000 + b"]" * 10, b"\xff\xfe", b"\xef\xbb\xbf",
        b"\r\r\r", b"-->", b"00:00:01,000 --> 99:99:99,999\nx\n", b"9" * 400, b"&" * 4000, b"<i>" * 2000, b"- " * 3000,
        b": " * 3000, "♪".encode() * 3001, b"a" * 20000, b"\n" * 5000, b"<!ENTITY a 'b'>", b"Dialogue: 0,0:00:01.00,",
        b"{1}{1}0\n", b"\x1a", "\u202e\ue000\uf8ff\ud7ff".encode(), b"Format: Text, Start, End\n", b"#" * 3000,
    ]  # fmt: skip
    return data[:at] + rng.choice(hard) + data[at:]


def shuffled(data: bytes, rng: random.Random) -> bytes:
    """Put lines in another order."""
    lines = data.splitlines(keepends=True)
    if rng.random() < 0.5:
        rng.shuffle(lines)
        return b"".join(lines)
    for _ in range(rng.randint(1, 20)):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def miscounted(data: bytes, rng: random.Random) -> bytes:
    """Change digits: times go backwards, overflow, or are no times any more."""
    share = rng.choice([0.01, 0.1, 0.5])
    digits = b"0123456789-.,:x"
    return bytes(rng.choice(digits) if 48 <= byte <= 58 and rng.random() < share else byte for byte in data)


def recoded(data: bytes, rng: random.Random) -> bytes:
    """Write in another encoding, or in two at once."""
    text = data.decode("utf-8", "replace")
    encodings = [
        "utf-16",
        "utf-16-le",
        "utf-32",
        "cp1250",
        "cp1251",
        "gb18030",
        "shift_jis",
        "utf-7",
        "utf-8-sig",
        "cp037",
    ]
    first, second = (text.encode(rng.choice(encodings), "replace") for _ in range(2))
    return first if rng.random() < 0.7 else first[: len(first) // 2] + second[len(second) // 2 :]


def relined(data: bytes, rng: random.Random) -> bytes:
    """Use other line ends, or none."""
    return data.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\n\n", b"", b" ", "\u2028".encode(), b"\x0b", b"|"]))


MUTATIONS: tuple[Mutation, ...] = (
    flipped, truncated, holed, doubled, stuffed, shuffled, miscounted, recoded, relined
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    report = run(originals(arguments.data), arguments.count, arguments.seed)
    print(json.dumps(report, indent=1, ensure_ascii=False))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")
    sys.exit(1 if report["failures"] else 0)


def originals(folder: Path | None) -> list[tuple[str, bytes]]:
    """Return name and bytes of every original."""
    paths = sorted(folder.rglob("*")) if folder else []
    given = [path for path in paths if path.suffix.lower() in SUFFIXES - {".txt"} and path.is_file()]
    made = [(f"generated.{format_}", generated(format_)) for format_ in FORMATS]
    return [*((path.name, path.read_bytes()) for path in given), *made, ("generated.smi", SAMI)]


def generated(format_: str) -> bytes:
    """Return a small file of `format_` with most of what subtitles contain."""
    subtitles = pysubs2.SSAFile()
    for at in range(60):
        start = 2500 * at + 1000
        subtitles.append(
            pysubs2.SSAEvent(start=start, end=start + 2200, text=TEXTS[at % len(TEXTS)], name="Joe" if at % 5 else "")
        )
    return bytes(subtitles.to_string(format_, fps=25).encode())


def run(files: list[tuple[str, bytes]], count: int, seed: int) -> dict[str, object]:
    rng = random.Random(seed)
    outcomes, failures, slowest = Counter[str](), [], 0.0
    sentences = Counter[str]()
    for number in range(count):
        name, data = files[number % len(files)]
        used = [rng.choice(MUTATIONS) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        for mutation in used:
            data = mutation(data, rng) or b" "
        began = time.perf_counter()
        outcome, failure = tried(data, name, sentences)
        seconds = time.perf_counter() - began
        slowest = max(slowest, seconds)
        outcomes[outcome] += 1
        if seconds > SLOWEST:
            failure = failure or f"took {seconds:.1f} s"
        if failure:
            failures.append(
                {"file": name, "mutant": number, "mutations": [m.__name__ for m in used], "failure": failure}
            )
    return {
        "mutants": count,
        "originals": len(files),
        "outcomes": dict(outcomes),
        "slowest_seconds": round(slowest, 2),
        "messages": dict(sentences.most_common(12)),
        "failures": failures,
    }


def tried(data: bytes, name: str, sentences: Counter[str]) -> tuple[str, str]:
    """Return the outcome and what is wrong with it ("" when nothing is)."""
    try:
        found = read_bytes(data, name)
        return ("read with problems" if found.problems else "read"), _wrong(found)
    except InputError as error:
        sentences[" ".join(error.problem.split()[:4])] += 1
        return "refused", _unclear(str(error))
    except Exception:
        return "traceback", traceback.format_exc(limit=-3)


def _wrong(found: Subtitles) -> str:
    parted = split(found.cues, found.source)
    told = {index for line in parted.lines for index in line.cues} | {left.index for left in parted.left}
    lost = {cue.index for cue in found.cues} - told
    if lost:
        return f"cues without a line or a reason: {sorted(lost)[:5]}"
    return next((wrong for problem in found.problems if (wrong := _unclear(str(problem)))), "")


def _unclear(message: str) -> str:
    if not message.isprintable() or not 20 <= len(message) <= 300:
        return f"message is not one clear sentence: {message[:400]!r}"
    return ""


if __name__ == "__main__":
    main()
