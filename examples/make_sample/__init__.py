"""Makes the sample series: screenplay to voices, mix, broken subtitles and exact truth. Not needed at run time."""
