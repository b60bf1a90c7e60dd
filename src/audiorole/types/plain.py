"""Values whose inside nobody has checked yet, under the two names that signatures use for them."""

from __future__ import annotations

from typing import Any, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
"""An array of any dtype and shape, as a stage saved it: whoever reads it knows what it holds."""

JsonObject: TypeAlias = dict[str, Any]
"""An object as JSON or TOML gave it: its keys are text, its values are open until they are converted."""
