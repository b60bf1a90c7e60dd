"""Gates: what is no reply at all. Each one's rate is a metric, lower is better; a gated row takes every floor."""

from audiorole.evaluation.gates.gates import GATES, ClosedGate, GateLimits, gates_off, open_gates

__all__ = ["GATES", "ClosedGate", "GateLimits", "gates_off", "open_gates"]
