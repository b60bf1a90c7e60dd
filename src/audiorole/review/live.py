"""The names of a series, made anew behind the page whenever somebody decided: nobody waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from audiorole.dataset.names.identity import read_identities, series_voices
from audiorole.dataset.names.series import NamedSeries, NameSettings, name_series
from audiorole.pipeline.contexts import SeriesOnDisk
from audiorole.runners.threads import one_thread


class LiveNames:
    """Names the series in a thread of its own, once for all decisions that came in meanwhile.

    named: is called in that thread with what came out. A defect is raised in whoever waits.
    """

    def __init__(self, context: SeriesOnDisk, settings: NameSettings, named: Callable[[NamedSeries], None]) -> None:
        self.context, self.settings, self.named = context, settings, named
        self.series: NamedSeries | None = None
        self.found: list[str] | None = None
        self.error: Exception | None = None
        self._asked, self._done = 0, 0
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether names are being made."""
        return self._done < self._asked

    def ask(self) -> None:
        """Have the series named anew."""
        with self._change:
            self._asked += 1
            self.error = None
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="names", daemon=True)
                self._thread.start()

    def begin(self) -> None:
        """Have the series named if it never was."""
        with self._change:
            if self._asked == 0:
                self.ask()

    def wait(self) -> NamedSeries:
        """Return the series with all decisions of before this call."""
        with self._change:
            self.begin()
            self._change.wait_for(lambda: self._done >= self._asked or self.error is not None)
            if self.error is not None:
                raise self.error
            assert self.series is not None
            return self.series

    def _work(self) -> None:
        while True:
            with self._change:
                if self._done >= self._asked:
                    self._thread = None
                    return
                target = self._asked
            try:
                self._name()
            except Exception as error:  # shown on the page, and raised in whoever waits
                self._finish(target, error)
            else:
                self._finish(target, None)

    def _finish(self, target: int, error: Exception | None) -> None:
        with self._change:
            self._done, self.error = target, error
            self._change.notify_all()

    def _name(self) -> None:
        """Name the series as a build would (on one thread: so it rounds, and is faster)."""
        with one_thread():
            series = name_series(self.context, self.settings, read_identities(self.context.home), self.found)
            if self.found is None:
                self.found = series_voices(series.lines, series.namer.options.embedder)
        self.series = series
        self.named(series)
