"""Whether a build names its lines itself: only then can people decide on its names."""

from __future__ import annotations

from pathlib import Path

from audiorole.errors import UserError
from audiorole.pipeline.plan import StagePlan


def require_naming(plan: StagePlan, out: Path) -> None:
    """Raise UserError, with the way out, where no stage of the build in `out` names lines."""
    stages = {stage.name for stage in plan.stages}
    if "restore" in stages:
        raise UserError(
            f"{out} was rebuilt from a pack, and its names came with the pack. Decide in the build that the pack was "
            "made of, make a new pack there, and rebuild from that."
        )
    if "name" not in stages:
        raise UserError(f"{out} was built without the stage 'name': nobody is named there. Build it with that stage.")
