"""The page on models names every port and every model that the registry has."""

from __future__ import annotations

import re

from audiorole.models import REGISTRIES
from tests.docs.manual import DOCS, table


def test_every_port_and_model_is_on_the_page():
    rows = table((DOCS / "models.md").read_text(encoding="utf-8"), "port")
    shown = {port: set(re.findall(r"`([\w-]+)", row[1])) for row in rows for port in re.findall(r"`([\w-]+)`", row[0])}
    assert set(shown) == set(REGISTRIES)
    for port, registry in REGISTRIES.items():
        assert set(registry.names()) - {"fake"} <= shown[port], port  # "fake" is that of the tests
