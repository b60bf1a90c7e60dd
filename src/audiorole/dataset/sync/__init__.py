"""Sync: put subtitles on the clock of the audio, over offsets, frame rates and cuts; refuse foreign ones."""

from audiorole.dataset.sync.aligning import REACH, align
from audiorole.dataset.sync.judging import judge
from audiorole.dataset.sync.listening import Hear, Heard
from audiorole.dataset.sync.records import Alignment, MapPiece

__all__ = ["REACH", "Alignment", "Hear", "Heard", "MapPiece", "align", "judge"]
