"""A lexicon of a few words, as misaki and CMUdict write them."""

from __future__ import annotations

import json
from pathlib import Path

from audiorole.models.phonemes.lexicon import Lexicon, read_lexicon

GOLD = {
    "hello": "həlˈO", "Joe": "ʤˈO", "apple": "ˈæpᵊl", "dog": "dˈɔɡ", "house": "hˈWs", "stop": "stˈɑp", "cry": "kɹˈI",
    "bake": "bˈAk", "kiss": "kˈɪs", "wash": "wˈɔʃ", "want": "wˈɑnt", "say": "sˈA", "eat": "ˈit", "go": "ɡˌO",
    "the": "ði", "a": "A", "an": "æn", "to": "tu", "door": "dˈɔɹ", "water": "wˈɔɾəɹ", "happy": "hˈæpi", "he": "hi",
    "they": "ðA", "will": "wɪl", "five": "fˈIv", "no": "nˈO", "doctor": "dˈɑktəɹ", "NASA": "nˈæsə", "well": "wˈɛl",
    "be": {"DEFAULT": "bi", "None": "bˈi"},
    "record": {"DEFAULT": "ɹˈɛkəɹd", "VERB": "ɹəkˈɔɹd"},
    "read": {"ADJ": "ɹˈɛd", "DEFAULT": "ɹˈid", "VBD": "ɹˈɛd", "VBN": "ɹˈɛd"},
    "close": {"DEFAULT": "klˈOs", "NOUN": "klˈOz", "VERB": "klˈOz"},
}  # fmt: skip


def small_lexicon(folder: Path) -> Lexicon:
    """Write the files into `folder` and read them."""
    (folder / "gold.json").write_text(json.dumps(GOLD, ensure_ascii=False), encoding="utf-8")
    (folder / "cmu.dict").write_text("hugh HH Y UW1\nhugh(2) Y UW1\nazura AH0 Z UH1 R AH0 # a name\njoe JH AO1\n")
    return read_lexicon((folder / "gold.json", folder / "cmu.dict"))
