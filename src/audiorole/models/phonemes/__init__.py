"""English text as phonemes, for the talker: `load_phonemes()(text)`; `spoken_pieces(text)` for what is said at once.

Numbers want `inflect` (extra `train`); the lexicons are weights of the catalogue (`audiorole models pull talker`).
"""

from __future__ import annotations

from audiorole.models.phonemes.english import EnglishPhonemes, load_phonemes
from audiorole.models.phonemes.pieces import spoken_pieces

__all__ = ["EnglishPhonemes", "load_phonemes", "spoken_pieces"]
