"""Workers that misbehave, one a name: `python worker_zoo.py NAME`. Each does its worst at the first request."""

import base64
import io
import json
import os
import signal
import subprocess
import sys
import time
import wave

LONG = 120
SLEEPER = [sys.executable, "-c", f"import time; time.sleep({LONG})"]


def wav() -> str:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"".join((at % 50 * 200).to_bytes(2, "little") for at in range(16000)))
    return base64.b64encode(buffer.getvalue()).decode()


def put(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def ready(rate: object = 16000) -> None:
    put(json.dumps({"ready": True, "sample_rate": rate}) + "\n")


def answer(request: dict, **more: object) -> None:
    put(json.dumps({"id": request["id"], "audio": wav(), "text": "hello", **more}) + "\n")


def requests():
    for line in sys.stdin:
        yield json.loads(line)


def good() -> None:
    ready()
    for request in requests():
        answer(request)


def never_ready() -> None:
    time.sleep(LONG)


def rate_in_words() -> None:
    ready("fast")
    time.sleep(LONG)


def rate_without_end() -> None:
    ready(float("inf"))
    time.sleep(LONG)


def never_reads() -> None:
    ready()
    time.sleep(LONG)


def mute() -> None:
    ready()
    for _ in requests():
        pass


def deaf_to_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    mute()


def stops_itself() -> None:
    ready()
    next(requests())
    os.kill(os.getpid(), signal.SIGSTOP)


def dies() -> None:
    ready()
    next(requests())
    sys.exit("CUDA error: out of memory")


def crashes() -> None:
    ready()
    next(requests())
    os.kill(os.getpid(), signal.SIGSEGV)


def closes_stdin() -> None:
    ready()
    os.close(0)
    time.sleep(LONG)


def closes_stdout() -> None:
    ready()
    next(requests())
    os.close(1)
    time.sleep(LONG)


def chatters() -> None:
    ready()
    next(requests())
    while True:
        put("loading 3%\n" * 1000)


def never_ends_the_line() -> None:
    ready()
    next(requests())
    while True:
        put("x" * 65536)


def half_a_line() -> None:
    ready()
    put(json.dumps({"id": next(requests())["id"], "audio": wav()})[:-1])
    time.sleep(LONG)


def drips() -> None:
    ready()
    for letter in json.dumps({"id": next(requests())["id"], "audio": wav()}):
        put(letter)
        time.sleep(0.02)


def answers_another() -> None:
    ready()
    for request in requests():
        answer({"id": request["id"] + "x"})


def error_of_a_book() -> None:
    ready()
    for request in requests():
        answer(request, audio=None, error="no voice " * 100_000)


def audio_is_a_number() -> None:
    ready()
    for request in requests():
        answer(request, audio=5)


def audio_is_no_file() -> None:
    ready()
    for request in requests():
        answer(request, audio=base64.b64encode(b"RIFF" + bytes(4000)).decode())


def text_is_a_number() -> None:
    ready()
    for request in requests():
        answer(request, text=5)


def time_is_no_number() -> None:
    ready()
    for request in requests():
        answer(request, first_audio=float("nan"))


def answers_twice() -> None:
    ready()
    for request in requests():
        answer(request)
        answer(request)


def answers_one_and_leaves() -> None:
    ready()
    answer(next(requests()))


def brackets_first() -> None:
    ready()
    for request in requests():
        put('{"a":' * 100_000 + '\n[1, 2]\n"words"\nnull\n\xff\n')
        answer(request)


def floods_stderr() -> None:
    ready()
    for request in requests():
        for _ in range(256):
            os.write(2, b"warning: nothing is wrong\n" * 10_000)
        answer(request)


def leaves_children() -> None:
    subprocess.Popen(SLEEPER)
    good()


def leaves_daemons() -> None:
    subprocess.Popen(SLEEPER, start_new_session=True, stdin=subprocess.DEVNULL)
    good()


def dies_and_leaves_the_pipes_open() -> None:
    ready()
    next(requests())
    subprocess.Popen(SLEEPER, start_new_session=True)
    os._exit(1)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
