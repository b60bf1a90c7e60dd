"""Sync: put subtitles on the clock of the audio, over offsets, frame rates and cuts; refuse foreign ones."""

from audiorole.dataset.sync.aligning import REACH, align
from audiorole.dataset.sync.judging import ENOUGH, judge, support
from audiorole.dataset.sync.listening import Hear, HeardWords, spans_of
from audiorole.dataset.sync.records import Alignment, MapPiece

__all__ = ["ENOUGH", "REACH", "Alignment", "Hear", "HeardWords", "MapPiece", "align", "judge", "spans_of", "support"]
