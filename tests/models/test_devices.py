"""Where models run: what `auto` means here, and what stays on the CPU."""

from __future__ import annotations

import re

import pytest

from audiorole.errors import ConfigError
from audiorole.models import GPU_REGISTRIES, REGISTRIES, devices, runs_on
from audiorole.models.devices import gpu_count, resolved, runtime_problem


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch):
    """Return a function that makes so many GPUs, which torch can use or not."""

    def make(count: int, problem: str = "") -> None:
        monkeypatch.setattr(devices, "gpu_count", lambda: count)
        monkeypatch.setattr(devices.RUNTIMES, "load", lambda name: lambda: problem)

    return make


@pytest.mark.parametrize(
    ("count", "problem", "asked", "found"),
    [
        (1, "", "auto", "cuda"),
        (2, "", "cuda", "cuda"),
        (1, "", "cpu", "cpu"),
        (0, "", "auto", "cpu"),
        (1, "torch 2.13.0+cpu sees no GPU it can use", "auto", "cpu"),
    ],
)
def test_auto_takes_a_gpu_that_can_be_used(gpus, count, problem, asked, found):
    gpus(count, problem)
    assert resolved(asked) == found


@pytest.mark.parametrize(("count", "problem"), [(0, ""), (1, "torch 2.13.0+cpu sees no GPU it can use")])
def test_a_gpu_that_is_asked_for_and_cannot_be_used_is_an_error_with_the_reason(gpus, count, problem):
    gpus(count, problem)
    with pytest.raises(ConfigError, match=re.escape(problem) if problem else "no NVIDIA GPU is there") as error:
        resolved("cuda")
    assert "--device cpu" in str(error.value)


def test_an_unknown_device_is_said():
    with pytest.raises(ConfigError, match="no device 'tpu'; known: auto, cpu, cuda"):
        resolved("tpu")


def test_without_a_driver_nothing_is_imported_to_find_that_out(monkeypatch):
    monkeypatch.setattr(devices, "gpu_count", lambda: 0)
    monkeypatch.setattr(devices.RUNTIMES, "load", lambda name: pytest.fail("was imported"))
    assert runtime_problem("torch") == "no NVIDIA GPU is there"


def test_the_driver_is_asked(monkeypatch):
    class Driver:
        def cuInit(self, flags):
            return 0

        def cuDeviceGetCount(self, count):
            count._obj.value = 3
            return 0

    gpu_count.cache_clear()
    monkeypatch.setattr(devices.ctypes, "CDLL", lambda name: Driver())
    assert gpu_count() == 3
    gpu_count.cache_clear()


@pytest.mark.parametrize(
    ("kind", "reference", "device", "found"),
    [
        ("overlap", "pyannote-segmentation", "cuda", "cuda"),
        ("text-scorer", "whisper@large-v3", "cuda", "cuda"),
        ("voice-activity", "silero-vad", "cuda", "cpu"),
        ("text-language", "py3langid", "cuda", "cpu"),
        ("overlap", "pyannote-segmentation", "cpu", "cpu"),
    ],
)
def test_a_model_without_a_gpu_version_stays_on_the_cpu(kind, reference, device, found):
    assert runs_on(kind, reference, device) == found


def test_every_model_on_the_gpu_is_a_model_of_the_cpu_too():
    for kind, table in GPU_REGISTRIES.items():
        assert set(table.names()) <= set(REGISTRIES[kind].names())
