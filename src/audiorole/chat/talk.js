// The conversation: one thread for each character, what is said, and the answer as it comes.

const token = new URLSearchParams(location.search).get("token");
const page = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
const headers = { "x-audiorole-token": token, "content-type": "application/json" };
const $ = (id) => document.getElementById(id);

const GONE = "Nobody answers: the server has ended or cannot be reached.";
const threads = new Map();
let server = null; // what the server tells of itself
let answer = null; // the answer that is under way or still heard
let correcting = null; // the turn that is said anew

function tell(words) { $("note").textContent = words; }
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function thread(name) {
  if (!threads.has(name)) {
    threads.set(name, element("div", { className: "thread" }));
    $("talk").append(threads.get(name));
  }
  return threads.get(name);
}

function showThread() {
  const shown = thread($("who").value);
  for (const one of threads.values()) one.hidden = one !== shown;
}

function showTurn(kind, text, name) {
  const words = element("span", { className: "words", textContent: text });
  const turn = element("div", { className: `turn ${kind}` }, words);
  if (name) turn.prepend(element("b", { textContent: name }));
  thread($("who").value).append(turn);
  turn.scrollIntoView({ block: "nearest" });
  return turn;
}

function showState() {
  const speaking = answer && answer.player.playing;
  if (!answer && document.activeElement === $("stop")) $("text").focus();
  $("stop").hidden = !answer;
  $("state").textContent = speaking ? `${answer.name} speaks…` : answer ? answer.waits || `${answer.name} thinks…` : microphoneState();
}

// Say text to the chosen character; an answer under way is stopped first.
async function say(text) {
  stop();
  if (text.length > server.longest) { tell(`That is too long: at most ${server.longest.toLocaleString("en")} letters at once.`); return false; }
  tell("");
  const place = leaveOut();
  const who = $("who").value, name = server.names[who], mine = showTurn("you", text);
  const turn = showTurn("them", "…", name);
  turn.dataset.state = "answering";
  audioContext();
  const under = { who, name, mine, turn, said: "", waits: "", player: new Player(server.sample_rate), request: new AbortController() };
  answer = under;
  showState();
  const ended = await ask(under, { session: page, character: who, text, place });
  turn.dataset.state = ended;
  if (!under.said && turn.querySelector(".words").textContent === "…") turn.querySelector(".words").textContent = ended === "complete" ? "(no words)" : "(no answer)";
  under.asked = true;
  finish(under);
  if (under.heard && (ended === "complete" || ended === "broken")) keep(turn, who);
  return ended !== "failed";
}

// Ask, and show what comes. Returns complete, stopped, or failed (nothing came).
async function ask(under, body) {
  try {
    const response = await fetch("/say", { method: "POST", headers, body: JSON.stringify(body), signal: under.request.signal });
    if (!response.ok) { tell((await response.json()).error); return "failed"; }
    return await receive(response, under);
  } catch (error) {
    if (error.name === "AbortError") return "stopped";
    tell(GONE);
    beat();
    return under.heard ? "broken" : "failed";
  }
}

async function receive(response, under) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", state = "stopped";
  for (let part; !(part = await reader.read()).done;) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const line of lines) state = take(JSON.parse(line), under) || state;
  }
  return state;
}

// Take one event of an answer; returns its state where the event ends it.
function take(event, under) {
  if (event.error) { tell(event.error); return "broken"; }
  if (event.done) return "complete";
  if (event.place !== undefined) correctable(under.mine, event.place);
  else if (event.waiting) under.waits = event.waiting === 1 ? "One answer is made before this one…" : `${event.waiting} answers are made before this one…`;
  else showPart(event, under);
  showState();
  return "";
}

function showPart(event, under) {
  const words = under.turn.querySelector(".words");
  if (!under.heard) words.textContent = "";
  under.heard = true;
  under.waits = "";
  under.said += event.text;
  const said = event.text.trimStart();
  if (said || !words.lastChild) words.append(event.text.slice(0, event.text.length - said.length), element("span", { className: "part", textContent: said }));
  const part = words.lastChild;
  part.dataset.state = part.dataset.state || "waiting";
  part.left = (part.left || 0) + 1;
  under.turn.scrollIntoView({ block: "nearest" });
  under.player.play(
    event.samples,
    () => { if (part.dataset.state === "waiting") part.dataset.state = "playing"; showState(); },
    () => { part.left -= 1; if (!part.left) part.dataset.state = "played"; finish(under); },
  );
}

function finish(under) {
  if (answer === under && under.asked && !under.player.playing) answer = null;
  showState();
}

function stop() {
  if (!answer) return;
  const under = answer;
  answer = null;
  under.player.stop();
  for (const part of under.turn.querySelectorAll('[data-state="playing"]')) part.dataset.state = "played";
  if (!under.asked) {
    under.request.abort();
    fetch("/stop", { method: "POST", headers, body: JSON.stringify({ session: page, character: under.who }) }).catch(() => beat());
  }
  showState();
}

// A player for the whole answer, whose file says that it is synthetic.
async function keep(turn, who) {
  const found = await fetch(`/answer/${page}.wav?character=${encodeURIComponent(who)}`, { headers }).catch(() => null);
  const sound = found && found.ok ? await found.blob() : null;
  if (!sound || turn !== thread(who).lastChild) return; // the server keeps the last answer: it may be another one by now
  turn.append(element("audio", { controls: true, src: URL.createObjectURL(sound) }));
  turn.scrollIntoView({ block: "nearest" });
}

function correctable(turn, place) {
  turn.dataset.place = place;
  const button = element("button", { type: "button", textContent: "Correct", title: "Change these words and say them anew" });
  button.onclick = () => {
    leaveCorrecting();
    correcting = turn;
    turn.classList.add("corrected");
    $("text").value = turn.querySelector(".words").textContent;
    $("text").focus();
    tell("Send says this anew, and what followed it is forgotten. Esc leaves it as it was.");
  };
  turn.append(button);
}

function leaveCorrecting() {
  if (!correcting) return;
  correcting.classList.remove("corrected");
  correcting = null;
  $("text").value = "";
  tell("");
}

// Take the turn that is said anew, and all after it, out of the thread; returns its number.
function leaveOut() {
  if (!correcting) return undefined;
  const first = correcting;
  correcting = null;
  while (first.nextSibling) first.nextSibling.remove();
  first.remove();
  return Number(first.dataset.place);
}

async function send() {
  const text = $("text").value.trim();
  if (!text || !server) return;
  $("text").value = "";
  heardWords = false;
  if (!(await say(text)) && !$("text").value) $("text").value = text; // nothing is lost with the server
}

$("form").onsubmit = (event) => { event.preventDefault(); send(); };
$("text").onkeydown = (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
};
$("who").onchange = () => { stop(); leaveCorrecting(); showThread(); $("text").focus(); };
$("stop").onclick = () => { stop(); $("text").focus(); };
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") { if (correcting) leaveCorrecting(); else stop(); }
});
