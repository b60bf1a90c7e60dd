"""How much of a series' words the phonemes know, and how well whisper-base understands what is said from them.

    python -m benchmarks.training.phonemes --data FOLDER [--speak 100] [--voice af_heart] [--espeak PYTHON]

Prints the share of words that a lexicon knows, that are made of known words, and that letters have to say; then
the word error rate of a stock voice that says every n-th line. --espeak names the Python of another environment with
`phonemizer` and `espeakng_loader` (GPL: compared with here, used nowhere else); its phonemes are said by the same
voice.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from audiorole.audio.resample import resample
from audiorole.evaluation.words import plain_text, word_edits, words
from audiorole.models import load_model
from audiorole.models.phonemes import EnglishPhonemes, load_phonemes
from audiorole.models.phonemes.writing import spoken_text

ESPEAK = """
import json, sys, re, espeakng_loader
from phonemizer.backend.espeak.wrapper import EspeakWrapper
EspeakWrapper.set_library(espeakng_loader.get_library_path())
EspeakWrapper.set_data_path(espeakng_loader.get_data_path())
from phonemizer.backend import EspeakBackend
texts = json.load(sys.stdin)
backend = EspeakBackend("en-us", preserve_punctuation=True, with_stress=True, language_switch="remove-flags")
json.dump([backend.phonemize([text], strip=True)[0] if text else "" for text in texts], sys.stdout)
"""
E2M = {
    "eɪ": "A", "aɪ": "I", "oʊ": "O", "aʊ": "W", "ɔɪ": "Y", "tʃ": "ʧ", "dʒ": "ʤ", "ɚ": "əɹ", "ɜː": "ɜɹ", "r": "ɹ",
    "ɐ": "ə", "əl": "ᵊl", "ː": "", "x": "k", "ʲ": "", "ɬ": "l", "e": "A", "o": "ɔ", "ɾ": "T",
    "ʔ": "t", "\u0329": "", "\u0303": "",
}  # fmt: skip


def read_texts(folder: Path) -> list[str]:
    """Return the text of every true line."""
    truths = (json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json")))
    return [line["text"] for truth in truths for line in truth.get("lines", ())]


def coverage(texts: Sequence[str], say: EnglishPhonemes) -> None:
    """Print how many of the words are known, made of known ones, or read letter by letter."""
    counts = Counter(part for text in texts for word in re.findall(r"[A-Za-z'-]+", spoken_text(text))
                     for part in word.strip("'-").split("-") if part)  # fmt: skip
    total = sum(counts.values())
    known = sum(count for word, count in counts.items() if len(word) == 1 or say.lexicon.known(word))
    made = sum(count for word, count in counts.items() if len(word) == 1 or say.lexicon.find(word))
    unknown = [(word, count) for word, count in counts.most_common() if len(word) > 1 and not say.lexicon.find(word)]
    print(f"{total:,} words, {len(counts):,} different")
    print(f"known {known / total:.4f}, with words made of them {made / total:.4f}, by letters {1 - made / total:.4f}")
    print("by letters:", ", ".join(f"{word} {say(word)} ×{count}" for word, count in unknown[:20]))


def espeak_phonemes(texts: Sequence[str], python: str) -> list[str]:
    """Return espeak's phonemes of `texts` in misaki's signs, out of the environment of `python`."""
    done = subprocess.run(
        [python, "-c", ESPEAK], input=json.dumps(list(texts)), capture_output=True, text=True, check=True
    )
    return [_as_misaki(said) for said in json.loads(done.stdout)]


def _as_misaki(said: str) -> str:
    for old, new in E2M.items():
        said = said.replace(old, new)
    return said


def error_rate(texts: Sequence[str], phonemes: Sequence[str], voice: str) -> tuple[float, float]:
    """Return whisper-base's word error rate on `phonemes` said by a stock voice, and the seconds that were said."""
    from audiorole.models.talker.voice import stock_voice

    talker, chosen = load_model("synthesiser", "kokoro"), stock_voice(voice)
    said = [resample(talker.speak(one, chosen), talker.card.sample_rate, 16_000) for one in phonemes]
    heard = load_model("transcriber", "whisper-base").transcribe(said, "en")
    right = [words(plain_text(text)) for text in texts]
    edits = sum(word_edits(one, words(plain_text(answer.text))) for one, answer in zip(right, heard, strict=True))
    return edits / sum(map(len, right)), sum(map(len, said)) / 16_000


def main() -> None:
    """Print coverage, then error rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--speak", type=int, default=0, help="lines that are said")
    parser.add_argument("--voice", default="af_heart")
    parser.add_argument("--espeak", metavar="PYTHON")
    asked = parser.parse_args()
    texts, say = [text for text in read_texts(asked.data) if text], load_phonemes()
    coverage(texts, say)
    spoken = [text for text in texts if len(words(plain_text(text))) >= 3]
    chosen = spoken[:: max(1, len(spoken) // asked.speak)][: asked.speak] if asked.speak else []
    makers: dict[str, Callable[[], list[str]]] = {"ours": lambda: [say(text) for text in chosen]}
    if asked.espeak:
        makers["espeak"] = lambda: espeak_phonemes(chosen, asked.espeak)
    for name, make in makers.items() if chosen else ():
        rate, seconds = error_rate(chosen, make(), asked.voice)
        print(f"{name}: WER {rate:.4f} on {len(chosen)} lines, {seconds:.0f} s of speech by {asked.voice}")


if __name__ == "__main__":
    main()
