"""Words of sound tags: `[sighs]`, `(DOOR SLAMS)`, `（笑い声）` describe what is heard, `[Joe]` says who speaks."""

from __future__ import annotations

import re

WORDS = frozenset(
    {
        "sighs", "laughs", "chuckles", "gasps", "groans", "grunts", "coughs", "sobs", "cries", "screams", "shouts",
        "yells", "whispers", "sniffs", "sniffles", "scoffs", "moans", "exhales", "inhales", "snores", "whistles",
        "hums", "sings", "giggles", "cackles", "pants", "clears", "mutters", "mumbles", "murmurs", "stammers",
        "stutters", "squeals", "squeaks", "shrieks", "wails", "weeps", "whimpers", "yawns", "gulps", "burps",
        "belches", "hiccups", "sneezes", "spits", "swallows", "snorts", "growls", "snarls", "roars", "barks",
        "meows", "chirps", "howls", "neighs", "moos", "clucks", "beeps", "buzzes", "rings", "dings", "clicks",
        "clatters", "crashes", "bangs", "thuds", "thumps", "booms", "rumbles", "creaks", "slams", "knocks", "opens",
        "closes", "plays", "stops", "starts", "continues", "claps", "applauds", "cheers", "whoops", "retches",
        "vomits", "chokes", "gurgles", "shudders", "kisses", "smooches", "speaks", "splashes", "crackles", "hisses",
        "ticks", "honks", "revs", "screeches", "blares", "chimes", "tolls", "rattles", "rustles", "whooshes",
        "shatters", "explodes", "fires", "approaches", "departs", "fades", "swells", "ends", "resumes", "echoes",
        "crunches", "stomps", "music", "applause", "laughter", "silence", "chatter", "thunder", "footsteps",
        "gunshot", "gunshots", "gunfire", "explosion", "static", "siren", "sirens", "theme", "bell", "bells",
        "beep", "gasp", "sigh", "laugh", "cough", "cheer", "noise", "noises", "sound", "sounds", "inaudible",
        "indistinct", "unintelligible", "pause", "beat", "crosstalk", "bleep", "scream", "shout", "whisper",
        "whistle", "knock", "click", "gulp", "sob", "groan", "grunt", "moan", "yell", "chuckle", "giggle", "rumble",
        "crash", "bang", "thud", "splash", "buzz", "ring", "dial", "tone", "instrumental", "song", "lyrics",
        "humming", "snore", "wind", "rain", "reverb", "echo", "heartbeat", "whoosh", "creak", "hiss", "barking",
        "silent", "foreign", "language", "dramatic", "ominous", "tense", "gentle", "upbeat", "soft", "muffled",
        "distorted", "slurred", "drunk", "hoarse", "accent", "faint", "robotic", "mechanical", "automated",
        "recorded", "filtered", "translated", "musik", "lacht", "lachen", "seufzt", "seufzen", "seufzer", "applaus",
        "flüstert", "hustet", "schreit", "weint", "stöhnt", "räuspert", "klopft", "stille", "gelächter", "musique",
        "soupire", "soupir", "rit", "rire", "rires", "applaudissements", "cris", "crie", "tousse", "chuchote",
        "pleure", "murmure", "bruit", "música", "musica", "suspira", "suspiro", "ríe", "rie", "risa", "risas",
        "aplausos", "susurra", "grita", "llora", "tose", "ruido", "ride", "risate", "risata", "sospira", "sospiro",
        "applausi", "sussurra", "tosse", "urla", "piange", "rumore", "risos", "riso", "chora", "ruído", "hudba",
        "vzdech", "vzdychá", "povzdech", "smích", "směje", "zasměje", "potlesk", "šeptá", "šepot", "pláč", "pláče",
        "kašle", "křik", "křičí", "výstřel", "ticho", "klepání", "wzdycha", "śmiech", "śmieje", "muzyka", "oklaski",
        "szepcze", "płacz", "płacze", "kaszle", "krzyk", "krzyczy", "музыка", "смех", "смеётся", "смеется", "вздох",
        "вздыхает", "аплодисменты", "шёпот", "шепчет", "кашель", "кашляет", "плачет", "плач", "кричит", "крик",
        "gelach", "muziek", "zucht", "huilt", "skratt", "suckar", "applåder", "nevetés", "sóhaj", "zene", "taps",
        "gülüyor", "müzik", "alkış", "kahkaha",
    }
)  # fmt: skip
"""Words of sound tags in the languages that people make subtitles for the deaf in."""

_CASELESS = re.compile(
    r"(?:音|声|笑|拍手|歓声|ため息|咳|いびき|ノック|悲鳴|泣|鳴|銃|爆発|音楽|歌|騒ぎ|音乐|叹气|掌声|哭|尖叫|咳嗽|敲门|枪声"
    r"|웃음|웃는|한숨|음악|박수|비명|울음|소리|기침|노크)"
)
_OPENINGS = frozenset({"in", "on", "over", "through", "via", "from", "off", "to", "with", "speaks", "both"})
# Names that end as words for actions and manners do.
_NAMES = frozenset(
    {
        "king", "ming", "ling", "jing", "ping", "bing", "xing", "ying", "ding", "sterling", "manning", "fleming",
        "harding", "irving", "darling", "keating", "golding", "spring", "viking", "fielding", "browning", "hastings",
        "channing", "wilding", "corning", "deering", "reading", "cushing", "pershing", "loring", "beverly", "kimberly",
        "shelly", "connelly", "donnelly", "reilly", "o'reilly", "waverly", "everly",
    }
)  # fmt: skip


def is_sound(text: str) -> bool:
    """Tell whether the words of a tag describe a sound or a manner rather than a speaker.

    >>> is_sound("Sighs"), is_sound("DOOR CREAKING"), is_sound("Joe"), is_sound("笑い声"), is_sound("Ms. King")
    (True, True, False, True, False)
    """
    words = [word.strip(".,'’!?-").casefold() for word in text.split()]
    opened = bool(words) and words[0] in _OPENINGS
    return opened or _CASELESS.search(text) is not None or any(map(_is_sound_word, words))


def _is_sound_word(word: str) -> bool:
    if word in WORDS:
        return True
    return len(word) > (5 if word.endswith("ly") else 4) and word.endswith(("ing", "ly")) and word not in _NAMES
