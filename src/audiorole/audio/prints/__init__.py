"""Sound prints: what tells a recording again in another rip of it, and where each of its moments lies there.

A print is a byte every 32 ms (112 kB an hour): for each of eight pairs of neighbouring bands, whether the upper one
rose more than the lower one within 128 ms. Loudness drops out of it, codecs hardly touch it, and half-octave bands
forgive the 4 % of a speed-up with or without its change of pitch. Nothing can be heard from it.

Source: Haitsma & Kalker, A Highly Robust Audio Fingerprinting System, ISMIR 2002, with fewer and wider bands.
"""

from audiorole.audio.prints.align import Piece, PrintAlignment, agreement, align
from audiorole.audio.prints.bands import Levels, Print, levels_of, print_of
from audiorole.audio.prints.search import PrintIndex, PrintMatch

__all__ = [
    "PrintAlignment",
    "Levels",
    "Piece",
    "Print",
    "PrintIndex",
    "PrintMatch",
    "agreement",
    "align",
    "levels_of",
    "print_of",
]
