"""A worker for the tests: answers with the last turn's audio, dies on demand."""
# ruff: noqa: T201

import json
import sys

print("a library that chats on stdout", flush=True)
print(json.dumps({"ready": True, "sample_rate": 16000}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["seed"] == 7:
        sys.stderr.write("CUDA error: out of memory\n")
        sys.exit(3)
    if request["seed"] == 8:
        print(json.dumps({"id": request["id"], "audio": None, "error": "no such voice"}), flush=True)
        continue
    print(json.dumps({"id": request["id"], "audio": request["turns"][-1]["audio"], "text": "hello"}), flush=True)
