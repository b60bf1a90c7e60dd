"""Times as TTML writes them: clock times with fractions or frames, and offsets in hours down to ticks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from audiorole.types import Record

_CLOCK = re.compile(
    r"^(?:(?P<hours>\d{1,4}):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{1,3})"
    r"(?:[.,](?P<fraction>\d{1,20})|[:;](?P<frames>\d{1,4})(?:\.(?P<sub>\d{1,4}))?)?$"
)
_OFFSET = re.compile(r"^(?P<count>\d{1,15}(?:\.\d{1,20})?)\s*(?P<unit>h|m|s|ms|f|t|)$", re.IGNORECASE)


class Clock(Record, frozen=True):
    """frame_rate: frames a second, with the multiplier of the file; sub_frames: of one frame; tick_rate: a second."""

    frame_rate: float = 30.0
    sub_frames: float = 1.0
    tick_rate: float = 1.0

    def seconds(self, text: str) -> float | None:
        """Return the time in seconds, None where it is no time.

        >>> Clock(frame_rate=25.0).seconds("00:00:04:23"), Clock(tick_rate=1e7).seconds("50000000t")
        (4.92, 5.0)
        """
        text = text.strip()
        if match := _CLOCK.match(text):
            whole = sum(int(match.group(name) or 0) * size for name, size in _SIZES)
            frames = int(match.group("frames") or 0) + int(match.group("sub") or 0) / self.sub_frames
            return whole + float(f"0.{match.group('fraction') or 0}") + frames / self.frame_rate
        if match := _OFFSET.match(text):
            return float(match.group("count")) * self._unit(match.group("unit").lower())
        return None

    def _unit(self, unit: str) -> float:
        units = {"h": 3600.0, "m": 60.0, "s": 1.0, "": 1.0, "ms": 0.001}
        return units[unit] if unit in units else 1 / (self.frame_rate if unit == "f" else self.tick_rate)


_SIZES = (("hours", 3600), ("minutes", 60), ("seconds", 1))


def clock_of(attributes: Mapping[str, str]) -> Clock:
    """Return the clock that the attributes of `<tt>` (local names) describe."""
    given = _positive(attributes.get("frameRate", ""))
    multiplier = [_positive(part) for part in re.split(r"[\s:/]+", attributes.get("frameRateMultiplier", "").strip())]
    rate = given or 30.0
    if len(multiplier) == 2 and all(multiplier):
        rate *= multiplier[0] / multiplier[1]
    sub_frames = _positive(attributes.get("subFrameRate", "")) or 1.0
    ticks = _positive(attributes.get("tickRate", "")) or (given * sub_frames if given else 1.0)
    return Clock(frame_rate=rate, sub_frames=sub_frames, tick_rate=ticks)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 < value < 1e12 else 0.0
