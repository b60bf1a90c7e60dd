"""The language of a text, by py3langid: character n-grams and naive Bayes, no network, 4.6 MB inside its wheel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from audiorole.models.ports import Language, ModelCard


class Py3LangId:
    """97 languages. Source: Lui and Baldwin 2012; model of py3langid, BSD-3-Clause."""

    def __init__(self, location: str | None = None, threads: int = 1) -> None:
        build = LanguageIdentifier.from_modelpath if location else LanguageIdentifier.from_model_file
        self._identifier = build(location or MODEL_FILE, norm_probs=True)
        self.card = ModelCard("py3langid", "BSD-3-Clause", self.fingerprint(location), sample_rate=0)

    @classmethod
    def fingerprint(cls, location: str | None = None) -> str:
        """Return a hash of the package's version: its model ships inside."""
        return hashlib.sha256(f"py3langid {version('py3langid')} {location or ''}".encode()).hexdigest()

    def text_languages(self, texts: Sequence[str]) -> list[Language]:
        """Return the likeliest language of each text; "" where there is not one letter."""
        return [self._classify(text) for text in texts]

    def _classify(self, text: str) -> Language:
        if not any(character.isalpha() for character in text):
            return Language("", 0.0)
        ((code, probability), *_) = self._identifier.rank(text)
        return Language(str(code), float(probability))
