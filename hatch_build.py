"""The sample series goes into the wheel; an editable install finds it in the checkout (`audiorole.sample`)."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PARTS = ("series", "truth", "LICENSE")


class SampleHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add what `audiorole sample` writes and `audiorole doctor` hears."""
        if version == "standard":
            build_data["force_include"] |= {f"examples/{part}": f"audiorole/examples/{part}" for part in PARTS}
