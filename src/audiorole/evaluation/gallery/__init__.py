"""What replies are measured against: the characters' real voices, texts and prosody, from lines no system has seen."""

from audiorole.evaluation.gallery.gallery import Gallery, build_gallery

__all__ = ["Gallery", "build_gallery"]
