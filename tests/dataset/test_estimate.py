"""A dry run beside the run that follows: what it calls cached is not computed."""

import shutil

import pytest

from audiorole.core.config import with_settings
from audiorole.dataset.build import BuildOptions
from audiorole.dataset.estimate import estimate
from audiorole.testing.models import fake_models
from audiorole.testing.series import SETTINGS, tiny_build, write_episode


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    home = tmp_path_factory.mktemp("first")
    write_episode(home / "in", "Show.S01E01.flac")
    write_episode(home / "in", "Show.S01E02.flac", seed=1)
    with fake_models():
        tiny_build(home / "in", home / "out")
    return home


@pytest.fixture
def home(first, tmp_path):
    return shutil.copytree(first, tmp_path / "home", copy_function=shutil.copy2)


def cached(home, *settings):
    options = BuildOptions(home / "in", home / "out", with_settings({}, [*SETTINGS, *settings]))
    return {stage.name: stage.cached for stage in estimate(options, 1).stages}


def another_subtitle(home):
    path = home / "in" / "Show.S01E02.srt"
    path.write_text(path.read_text().replace("breakfast", "supper"))


def another_episode(home):
    write_episode(home / "in", "Show.S01E03.flac", seed=2)


def an_episode_gone(home):
    for path in (home / "in").glob("Show.S01E02.*"):
        path.unlink()


def a_cast(home):
    (home / "in" / "cast.toml").write_text('[[character]]\nname = "Anna"\n')


def a_damaged_result(home):
    (path,) = (home / "out" / "run").glob("*-subtitles/show/s01e02.jsonl")
    path.write_text(path.read_text()[:-20])


def a_result_gone(home):
    (path,) = (home / "out" / "run").glob("*-embed/done/show/s01e01.json")
    path.unlink()


def nothing(home):
    pass


CHANGES = [
    (nothing, ()), (another_subtitle, ()), (another_episode, ()), (an_episode_gone, ()), (a_cast, ()),
    (a_damaged_result, ()), (a_result_gone, ()), (nothing, ("curate.min_duration=1.1",)),
    (nothing, ("name.min_lines=3",)), (nothing, ("segment.longest=10",)),
]  # fmt: skip


@pytest.mark.parametrize(("change", "settings"), CHANGES, ids=[f"{c.__name__} {' '.join(s)}" for c, s in CHANGES])
def test_what_a_dry_run_calls_cached_is_not_computed(home, change, settings):
    change(home)
    promised = cached(home, *settings)
    run = tiny_build(home / "in", home / "out", *settings).run
    assert all(run.cached[name] >= count for name, count in promised.items())
    if change is nothing and not settings:
        assert not run.computed
        assert set(promised.values()) == {2}
    else:
        assert sum(promised.values()) < sum(run.computed.values()) + sum(run.cached.values())
    assert len(set(cached(home, *settings).values())) == 1, "after the run everything stands"


def test_a_change_late_in_the_line_leaves_what_is_before_it(home):
    promised = cached(home, "curate.min_duration=1.1")
    assert promised["embed"] == promised["name"] == 2
    assert promised["curate"] == promised["publish"] == 0


def test_only_the_changed_episode_is_heard_again(home):
    another_subtitle(home)
    promised = cached(home)
    assert promised["subtitles"] == promised["embed"] == 1
    assert promised["name"] == 0
