"""The bundled series: packed, and made again from other rips of its episodes."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
import soxr

import audiorole
from audiorole.audio.decode import decode
from audiorole.dataset.lines.text import normalised
from audiorole.dataset.pack.archive import RebuildPack
from audiorole.dataset.pack.rebuilding import total_texts
from audiorole.errors import InputError, UserError
from audiorole.evaluation.published import open_published
from audiorole.published.diff import diff_datasets
from audiorole.review.session import ReviewSession
from audiorole.sample import sample_home
from audiorole.testing.models import fake_models
from audiorole.testing.series import SETTINGS, write_series

RATE = 16_000
SPEED = 25025 / 24000
CUT = (60.0, 90.0)
QUICK = ("listen.vad=fake", "subtitles.identifier=", "subtitles.spoken_language=", "subtitles.transcriber=")


def samples(number: int) -> np.ndarray:
    path = next(sample_home().glob(f"series/*/*S01E{number:02d}.*[!t]"))
    return np.concatenate(list(decode(path, 0, RATE)))


def write_opus(path: Path, wave: np.ndarray) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libopus", rate=48_000)
        stream.layout, stream.bit_rate = "mono", 32_000
        form = av.AudioResampler(stream.format.name, "mono", 48_000)
        whole = np.ascontiguousarray(soxr.resample(wave, RATE, 48_000), dtype=np.float32)
        for first in range(0, len(whole), 4800):
            frame = av.AudioFrame.from_ndarray(whole[None, first : first + 4800], format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48_000, first
            for part in form.resample(frame):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `in` (two episodes), `out` (their build) and `show.pack`."""
    root = tmp_path_factory.mktemp("pack")
    for path in sample_home().glob("series/*/*S01E0[12]*"):
        (root / "in" / path.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, root / "in" / path.parent.name / path.name)
    with fake_models():
        audiorole.build(root / "in", root / "out", settings=SETTINGS, workers=1)
        audiorole.pack(root / "out", root / "show.pack", workers=2)
    return root


@pytest.fixture(scope="module")
def again(home: Path) -> Path:
    """The dataset made again from the very same files, under other names."""
    folder = home / "mine"
    folder.mkdir()
    for path in (home / "in").rglob("*.*"):
        number = path.name.partition("S01E0")[2][:1]
        if number and path.suffix in (".opus", ".srt", ".ass"):
            shutil.copy(path, folder / f"tape {3 - int(number)}{path.suffix}")
    with fake_models():
        result = audiorole.rebuild(home / "show.pack", folder, home / "again", settings=QUICK, workers=1)
    assert result.exit_code == 0
    return home / "again"


def test_nothing_in_a_pack_can_be_read(home):
    texts = [normalised(line.text) for line in audiorole.open_build(home / "out").lines()]
    long = [text for text in texts if len(text.split()) >= 3]
    assert len(long) > 50
    with zipfile.ZipFile(home / "show.pack") as archive:
        everything = b"\n".join(archive.read(name) for name in archive.namelist()).decode("latin-1").lower()
    assert not [text for text in long if text in everything]
    assert ".srt" not in everything


def test_equal_builds_give_equal_packs(home, tmp_path):
    made = audiorole.pack(home / "out", tmp_path / "second.pack", workers=1)
    assert made.path.read_bytes() == (home / "show.pack").read_bytes()
    assert (made.episodes, made.readable) == (2, False)
    assert made.print_bytes / made.seconds * 3600 == pytest.approx(112_500, rel=0.01)
    with pytest.raises(InputError, match="is already there"):
        audiorole.pack(home / "out", tmp_path / "second.pack")


def test_the_same_files_give_the_same_dataset(home, again):
    before, after = audiorole.open_build(home / "out"), audiorole.open_build(again)
    assert diff_datasets(home / "out", again).equal
    report = audiorole.rebuild(home / "show.pack", home / "mine", again, settings=QUICK, workers=1).report
    assert report.restored == report.lines == before.summary.lines == sum(one.same_sound for one in report.episodes)
    assert total_texts(report.episodes) == {"exact": report.lines, "same_words": 0, "own": 0, "heard": 0, "none": 0}
    for old, new in zip(before.lines(), after.lines(), strict=True):
        assert (new.who, new.split, new.quality, new.place) == (old.who, old.split, old.quality, old.place)
        assert [e.log_odds for e in new.naming.evidence] == [e.log_odds for e in old.naming.evidence]


def test_what_was_made_again_is_a_build_like_any_other(home, again, tmp_path):
    built = audiorole.open_build(again)
    assert built.report.is_file()
    line = next(line for line in built.lines() if line.character)
    assert line.character in built.explain(line)
    exported = [audiorole.export(out, "nemo", tmp_path / out.name).number for out in (home / "out", again)]
    assert exported[0] == exported[1] > 100
    assert set(open_published(again).by_character) == {count.who for count in built.characters if count.name}
    (figures,) = built.summary.labels
    before = audiorole.open_build(home / "out").summary.labels
    assert (figures.packed, figures.accuracy, figures.checked) == (True, before[0].accuracy, before[0].checked)
    assert "(in the build that was packed)" in (again / "dataset" / "README.md").read_text(encoding="utf-8")
    step = next(step for step in built.summary.waterfall if step.stage == "restore")
    assert (step.kept, step.created) == (built.summary.lines, built.summary.lines)


def test_who_decides_on_what_was_made_again_is_told_where(again):
    before = (again / "decisions.jsonl").read_bytes() if (again / "decisions.jsonl").exists() else None
    line = next(line for line in audiorole.open_build(again).lines() if line.character)
    for ask in (
        lambda: audiorole.decide(again, "label-line", line.id, "Anna", new=True),
        lambda: audiorole.decide(again, "edit-text", line.id, "Hm."),
        lambda: ReviewSession(again),
    ):
        with pytest.raises(UserError, match="rebuilt from a pack, and its names came with the pack"):
            ask()
    assert ((again / "decisions.jsonl").read_bytes() if before is not None else None) == before


def test_another_rip_keeps_names_and_places(home, tmp_path):
    """Opus at 32 kbit/s, 2.6 s late, half a minute cut out, at 25/23.976 of the speed; the other episode is gone."""
    wave = samples(1)
    cut = np.concatenate([wave[: round(CUT[0] * RATE)], wave[round(CUT[1] * RATE) :]])
    late = np.concatenate([np.zeros(round(2.6 * RATE), np.float32), soxr.resample(0.3 * cut, RATE * SPEED, RATE)])
    (tmp_path / "in").mkdir()
    write_opus(tmp_path / "in" / "video 7.opus", late)
    write_opus(tmp_path / "in" / "video 8.opus", samples(3))
    shutil.copy(next((home / "in").rglob("*S01E01.srt")), tmp_path / "in" / "video 7.srt")
    with fake_models():
        result = audiorole.rebuild(home / "show.pack", tmp_path / "in", tmp_path / "out", settings=QUICK, workers=1)
    assert result.exit_code == 1
    assert [one.partition(":")[0] for one in result.report.problems] == ["not used", "missing"]
    assert "video 8.opus is another episode" in result.report.problems[0]
    assert result.report.problems[1] == "missing: no file holds lost-property/s01e02"
    found = {line.id: line for line in audiorole.open_build(tmp_path / "out").lines()}
    wanted = [line for line in audiorole.open_build(home / "out").lines() if line.episode == "lost-property/s01e01"]
    there = [line for line in wanted if line.end < CUT[0] or line.start > CUT[1]]
    touched = {line.id for line in wanted if line.start < CUT[0] < line.end or line.start < CUT[1] < line.end}
    assert set(found) - touched == {line.id for line in there}
    assert result.report.episodes[0].dropped == {"not_in_this_copy": len(wanted) - len(found)}
    assert sum(found[line.id].text == line.text for line in there) >= 0.95 * len(there)
    for line in there:
        moved = 0.0 if line.end < CUT[0] else CUT[0] - CUT[1]
        assert found[line.id].start == pytest.approx((line.start + moved) / SPEED + 2.6, abs=0.02)
        assert found[line.id].end == pytest.approx((line.end + moved) / SPEED + 2.6, abs=0.02)
        assert found[line.id].who == line.who


def test_a_folder_without_a_copy_is_refused_with_every_reason(home, tmp_path):
    (tmp_path / "in").mkdir()
    write_opus(tmp_path / "in" / "other.opus", samples(3))
    (tmp_path / "in" / "text.mp3").write_text("no sound at all")
    with pytest.raises(InputError, match=r"holds no episode of the pack: other\.opus is another episode.*; text\.mp3 "):
        audiorole.rebuild(home / "show.pack", tmp_path / "in", tmp_path / "out", settings=QUICK, workers=1)


def test_who_may_pass_on_the_texts_packs_them(home, tmp_path):
    audiorole.pack(home / "out", tmp_path / "open.pack", with_text=True, workers=2)
    pack = RebuildPack(tmp_path / "open.pack")
    texts = [line.text for episode in pack.episodes for line in pack.lines(episode)]
    assert texts == [line.text for line in audiorole.open_build(home / "out").lines()]
    assert pack.manifest.text == "readable"


def test_a_build_without_its_media_cannot_be_packed(tmp_path):
    write_series(tmp_path / "in", 1)
    with fake_models():
        audiorole.build(tmp_path / "in", tmp_path / "out", settings=SETTINGS, workers=1)
    shutil.rmtree(tmp_path / "in")
    with pytest.raises(InputError, match="was built from media that are needed once more"):
        audiorole.pack(tmp_path / "out", tmp_path / "a.pack")
    with pytest.raises(InputError, match="holds no finished build"):
        audiorole.pack(tmp_path, tmp_path / "a.pack")
