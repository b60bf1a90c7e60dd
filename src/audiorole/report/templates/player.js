// One clip at a time, out of the page itself. Elements with data-clip are its buttons.
const clips = JSON.parse(document.getElementById("clips").textContent);
const audio = new Audio();
let playing = -1;
let after = null;

function show(clip) {
  playing = clip;
  document.dispatchEvent(new CustomEvent("playing", { detail: clip >= 0 }));
  for (const button of document.querySelectorAll("[data-clip]")) {
    button.setAttribute("aria-pressed", String(Number(button.dataset.clip) === clip && clip >= 0));
  }
}

function stop() {
  after = null;
  audio.pause();
  show(-1);
}

function play(clip, then = null) {
  after = then;
  audio.src = `data:audio/ogg;base64,${clips[clip]}`;
  show(clip);
  audio.play().catch(() => { if (playing === clip) stop(); });
}

audio.addEventListener("ended", () => {
  const next = after;
  stop();
  if (next) next();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-clip]");
  if (!button) return;
  const clip = Number(button.dataset.clip);
  if (clip === playing) stop();
  else play(clip);
});
