"""Time: half-open spans `[start, end)` in seconds from the start of the episode's audio."""

from __future__ import annotations

from audiorole.types.record import Record


class Span(Record, frozen=True, order=True):
    """A half-open span of time.

    >>> Span(start=1.0, end=3.0).intersection(Span(start=2.0, end=5.0))
    Span(start=2.0, end=3.0)
    >>> Span(start=1.0, end=3.0).iou(Span(start=2.0, end=5.0))
    0.25
    """

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Seconds; 0 for an empty span, never negative."""
        return max(0.0, self.end - self.start)

    def __bool__(self) -> bool:
        return self.end > self.start

    def __contains__(self, time: float) -> bool:
        return self.start <= time < self.end

    def intersection(self, other: Span) -> Span:
        """Return the common part; empty (start == end) where there is none."""
        start = max(self.start, other.start)
        return Span(start=start, end=max(start, min(self.end, other.end)))

    def gap(self, other: Span) -> float:
        """Return the seconds of silence between two spans; 0 where they touch or overlap."""
        return max(0.0, max(self.start, other.start) - min(self.end, other.end))

    def iou(self, other: Span) -> float:
        """Return intersection over union in [0, 1]; 0 for two empty spans."""
        common = self.intersection(other).duration
        union = self.duration + other.duration - common
        return common / union if union > 0 else 0.0
