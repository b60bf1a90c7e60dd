"""Scripts and fan transcripts: read who says what, and find each line among the subtitles by its words."""

from audiorole.dataset.script.aligning import align_script
from audiorole.dataset.script.reading import read_script, read_script_text
from audiorole.dataset.script.records import Match, Script, ScriptLine

__all__ = ["Match", "Script", "ScriptLine", "align_script", "read_script", "read_script_text"]
