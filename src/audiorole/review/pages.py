"""The page and its modules: plain files of this package, behind the token, run by the nonce of the answer.

A module names another by its bare name (`import … from "desk/player"`); the import map of the page says where it is,
with the token that a plain relative import would lose.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from audiorole.web.guard import NONCE

STATIC = files("audiorole.review").joinpath("static")
VENDORED = {"wavesurfer": "wavesurfer.esm.js", "wavesurfer/regions": "regions.esm.js"}
"""What modules call a library → its file; static/vendor/README.md says where it comes from."""

STYLES = ("base.css", "desk.css", "lines.css")
MEDIA_TYPES = {"js": "text/javascript", "css": "text/css"}


@cache
def static_files() -> dict[str, str]:
    """Return the names of all modules and styles → their text."""
    own = {item.name: item for item in STATIC.iterdir() if item.name.endswith((".js", ".css"))}
    vendored = {
        f"vendor/{item.name}": item for item in STATIC.joinpath("vendor").iterdir() if item.name.endswith(".js")
    }
    return {name: item.read_text(encoding="utf-8") for name, item in sorted({**own, **vendored}.items())}


def desk_page(request: Request, token: str) -> Response:
    """Return the page, with the addresses of its modules and styles."""
    nonce, key = request.scope[NONCE], quote(token, safe="")
    modules = {f"desk/{name.removesuffix('.js')}": name for name in static_files() if name.endswith(".js")}
    named = {**modules, **{name: f"vendor/{file}" for name, file in VENDORED.items()}}
    imports = json.dumps({"imports": {name: f"/static/{file}?token={key}" for name, file in named.items()}})
    styles = "\n".join(f'<link rel="stylesheet" nonce="{nonce}" href="/static/{s}?token={key}">' for s in STYLES)
    text = STATIC.joinpath("page.html").read_text(encoding="utf-8")
    return HTMLResponse(text.replace("STYLES", styles).replace("IMPORTS", imports).replace(NONCE, nonce))


def static_file(request: Request) -> Response:
    """Return a module or a style; only what the package holds has a name here."""
    name = request.path_params["name"]
    text = static_files().get(name)
    if text is None:
        return JSONResponse({"error": "There is no such file."}, 404)
    return Response(text, media_type=MEDIA_TYPES[name.rpartition(".")[2]])
