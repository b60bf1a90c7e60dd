"""Script: lines recognised in the speech get the speakers of a script; a line of two people gets none."""

from __future__ import annotations

import pytest

from audiorole.dataset.stages.words.script import NameByScript
from audiorole.testing.desk import Desk, line, parted

SCRIPT = (
    "ANNA: Nobody told the harbour master about the second ship.\n"
    "BEN: Then somebody should have done it yesterday evening.\n"
    "ANNA: You could have walked over there yourself, you know.\n"
)
HEARD = (
    "nobody told the harbor master about a second ship",
    "then somebody should have done it yesterday evening you could have walked over there yourself",
    "quite another matter altogether",
)


def named(tmp_path, texts=HEARD, scripts=None, **settings):
    (tmp_path / "s01e01.flac").write_bytes(b"")
    for name, text in (scripts or {"s01e01.script.txt": SCRIPT}).items():
        (tmp_path / name).write_text(text)
    lines = [line(n, n * 3.0, n * 3.0 + 2, text) for n, text in enumerate(texts, start=1)]
    return parted(NameByScript(**settings).run(lines, Desk(inputs=tmp_path, scratch=tmp_path)))


def test_a_line_is_named_by_its_words_and_a_line_of_two_people_is_not(tmp_path):
    kept, dropped = named(tmp_path)
    assert [line.cue and (line.cue.speaker, line.cue.line) for line in kept] == [("ANNA", 1), None, None]
    assert dropped == []


@pytest.mark.parametrize("settings", [{"use": False}, {"least": 1.01}])
def test_names_can_be_refused(tmp_path, settings):
    kept, _ = named(tmp_path, **settings)
    assert not any(line.cue for line in kept)


def test_lines_of_subtitles_go_through_as_they_are(tmp_path):
    (tmp_path / "s01e01.flac").write_bytes(b"")
    (tmp_path / "s01e01.script.txt").write_text(SCRIPT)
    lines = [line(1, 0, 2, HEARD[0], speaker="CORA"), line(2, 3, 5, HEARD[1])]
    assert parted(NameByScript().run(lines, Desk(inputs=tmp_path, scratch=tmp_path)))[0] == lines


def test_of_two_scripts_the_one_with_the_words_is_used(tmp_path):
    other = "CORA: Quite another story.\nDAN: Indeed it is one.\nCORA: So there you are.\n"
    kept, _ = named(tmp_path, scripts={"s01e01.script.txt": other, "s01e01.transcript.txt": SCRIPT})
    assert kept[0].cue.source == "s01e01.transcript.txt"
