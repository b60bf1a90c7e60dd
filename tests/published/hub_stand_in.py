"""A server that speaks as much of the hub as an upload needs; it counts what comes, and breaks off when asked."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_stand_in"


@dataclass
class Repository:
    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0


@dataclass
class Hub:
    """What the server knows. large: hash → bytes; sent: hashes in the order in which they came.

    fail_after: large files that arrive before the server breaks off; refuse: status of every answer, if any.
    """

    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fail_after: int | None = None
    refuse: int = 0
    address: str = ""

    def __enter__(self) -> Hub:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            hub.asked.append(f"{self.command} {self.path}")

        def do_GET(self) -> None:
            self._answer(self._read())

        do_POST = do_PUT = do_HEAD = do_GET

        def _read(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _say(self, status: int, content: object = None, code: str = "") -> None:
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Content-Type", "application/json")
            if code:
                self.send_header("X-Error-Code", code)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def _answer(self, body: bytes) -> None:
            path = self.path.partition("?")[0]
            if hub.refuse:
                self._say(hub.refuse, {"error": "refused"})
            elif path.startswith("/lfs/"):
                self._large(path.removeprefix("/lfs/"), body)
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self._say(401, {"error": "Invalid username or password."})
            elif path == "/api/repos/create":
                self._create(json.loads(body))
            elif path == "/api/validate-yaml":
                self._say(200, {"errors": [], "warnings": []})
            elif path.endswith("/info/lfs/objects/batch"):
                self._say(200, {"objects": [self._place(one) for one in json.loads(body)["objects"]]})
            elif path.startswith("/datasets/"):
                self._file(path)
            else:
                self._api(path, body)

        def _create(self, asked: dict[str, Any]) -> None:
            name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else asked["name"]
            private = asked.get("private") is True or asked.get("visibility") == "private"
            hub.repositories[name] = Repository(private)
            self._say(200, {"url": f"{hub.address}/datasets/{name}", "id": name})

        def _place(self, one: dict[str, Any]) -> dict[str, Any]:
            if one["oid"] in hub.large:
                return one
            return {**one, "actions": {"upload": {"href": f"{hub.address}/lfs/{one['oid']}"}}}

        def _large(self, oid: str, body: bytes) -> None:
            if hub.fail_after is not None and len(hub.sent) >= hub.fail_after:
                self._say(400, {"error": "broken off"})
                return
            hub.large[oid] = body
            hub.sent.append(oid)
            self._say(200, {})

        def _file(self, path: str) -> None:
            organisation, name, _, _, file = path.removeprefix("/datasets/").split("/", 4)
            found = hub.repositories.get(f"{organisation}/{name}", Repository(True)).files.get(file)
            if found is None:
                self._say(404, {"error": "no entry"}, "EntryNotFound")
            else:
                self._say(200, found)

        def _api(self, path: str, body: bytes) -> None:
            organisation, name, *rest = path.removeprefix("/api/datasets/").split("/")
            found = hub.repositories.get(f"{organisation}/{name}")
            if found is None:
                self._say(404, {"error": "Repository not found"}, "RepoNotFound")
            elif not rest or rest[0] == "revision":
                siblings = [{"rfilename": one} for one in sorted(found.files)]
                about = {"id": f"{organisation}/{name}", "private": found.private, "siblings": siblings, "tags": []}
                self._say(200, about)
            elif rest[0] == "tree":
                self._say(200, [{"type": "file", "path": one, "size": 1, "oid": "0"} for one in sorted(found.files)])
            elif rest[0] == "preupload":
                self._say(200, {"files": [_mode(one) for one in json.loads(body)["files"]]})
            elif rest[0] == "commit":
                self._commit(f"{organisation}/{name}", found, [json.loads(row) for row in body.splitlines()])
            else:
                self._say(404, {"error": f"the stand-in does not know {path}"})

        def _commit(self, name: str, found: Repository, rows: list[dict[str, Any]]) -> None:
            for row in rows:
                value = row["value"]
                if row["key"] == "file":
                    found.files[value["path"]] = base64.b64decode(value["content"])
                elif row["key"] == "lfsFile":
                    found.files[value["path"]] = hub.large[value["oid"]]
                elif row["key"] == "deletedFile":
                    found.files.pop(value["path"])
            found.commits += 1
            url = f"{hub.address}/datasets/{name}/commit/{'a' * 40}"
            self._say(200, {"success": True, "commitOid": "a" * 40, "commitUrl": url})

    return Handler


def _mode(file: dict[str, Any]) -> dict[str, Any]:
    large = file["path"].endswith(".parquet")
    return {"path": file["path"], "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": None}
