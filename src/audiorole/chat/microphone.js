// Hearing: sound goes to the server in small blocks, words come back at each pause, and stand where they can be mended.

const SEND_AFTER = 1.2; // seconds of silence after which heard words are sent
const BLOCK = 0.25; // seconds of sound a request
const MOST_WAITING = 15; // seconds of sound that wait for the server; older ones are lost, and that is said
const INSECURE = "The browser gives its microphone only to pages from this machine or over https: type, or open the page through a tunnel.";
const NONE = "No microphone is connected: type instead.";

let opened = null; // the open microphone
let opening = null; // the one that the browser still asks for
let heardWords = false; // whether the words in the field were heard, and not touched since

function noMicrophone() {
  if (server && server.deaf) return `Nobody listens here, so type. ${server.deaf}`;
  if (!window.isSecureContext || !navigator.mediaDevices || !window.AudioWorkletNode) return INSECURE;
  return "";
}

// Said once, when the page opens: what the microphone would say if it were pressed.
async function offerMicrophone() {
  const turn = offers += 1;
  let why = noMicrophone();
  if (!why) {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    if (turn !== offers) return; // devices have changed again meanwhile
    if (!devices.some((device) => device.kind === "audioinput")) why = NONE;
  }
  $("mic").title = why || "Speak (press again to end)";
  $("auto-label").hidden = Boolean(why);
  offered = why;
  showState();
}
let offered = "", offers = 0;

function microphoneState() {
  if (!opened) return offered;
  return opened.busy && opened.understanding ? "Understanding…" : opened.speaking ? "Hearing you…" : "Listening…";
}

const REFUSED = {
  NotAllowedError: "The browser does not let this page use the microphone: allow it beside the address, or type.",
  NotFoundError: NONE,
  NotReadableError: "Another program holds the microphone: close it there, or type.",
};

async function listen() {
  const why = noMicrophone();
  if (why) { tell(why); return; }
  tell("");
  stop();
  const context = audioContext(), mine = opening = {};
  const close = (stream) => { if (stream) stream.getTracks().forEach((track) => track.stop()); };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: false } });
    await context.audioWorklet.addModule(`/microphone-worklet.js?token=${encodeURIComponent(token)}`);
  } catch (error) {
    close(stream);
    if (opening !== mine) return;
    opening = null;
    tell(REFUSED[error.name] || `The microphone cannot be used (${error.message || error.name}): type instead.`);
    return;
  }
  if (opening !== mine) { close(stream); return; } // it was pressed again meanwhile
  opening = null;
  const source = context.createMediaStreamSource(stream), node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 1 });
  const silent = context.createGain();
  silent.gain.value = 0;
  source.connect(node).connect(silent).connect(context.destination);
  opened = { stream, source, node, rate: context.sampleRate, waiting: [], samples: 0, speaking: false, busy: false };
  node.port.onmessage = ({ data }) => collect(opened, data);
  stream.getTracks()[0].onended = () => { tell("The microphone has gone: type, or connect it and press again."); endListening(); };
  $("mic").setAttribute("aria-pressed", "true");
  showState();
}

function collect(microphone, block) {
  if (!microphone || microphone !== opened) return;
  $("mic").style.setProperty("--level", Math.min(1, 4 * Math.sqrt(block.reduce((sum, sample) => sum + sample * sample, 0) / block.length)));
  if (answer) { microphone.waiting = []; microphone.samples = 0; return; } // it would hear the answer
  microphone.waiting.push(block);
  microphone.samples += block.length;
  while (microphone.samples > MOST_WAITING * microphone.rate) {
    microphone.samples -= microphone.waiting.shift().length;
    tell("The server does not keep up: the oldest words were lost.");
  }
  if (!microphone.busy && microphone.samples >= BLOCK * microphone.rate) deliver(microphone, false);
}

function taken(microphone) {
  const sound = new Int16Array(microphone.samples);
  let at = 0;
  for (const block of microphone.waiting) for (const sample of block) { sound[at] = Math.max(-1, Math.min(1, sample)) * 32767; at += 1; }
  microphone.waiting = [];
  microphone.samples = 0;
  return sound;
}

// Send what waits; show what was understood.
async function deliver(microphone, last) {
  microphone.busy = true;
  const late = setTimeout(() => { microphone.understanding = true; showState(); }, 300);
  const address = `/hear?session=${page}&rate=${microphone.rate}&last=${last ? 1 : 0}`;
  try {
    const response = await fetch(address, { method: "POST", headers: { ...headers, "content-type": "application/octet-stream" }, body: taken(microphone) });
    const found = await response.json();
    if (response.ok) understood(microphone, found, last);
    else { tell(found.error); if (microphone === opened) endListening(); }
  } catch {
    beat();
  }
  clearTimeout(late);
  microphone.busy = microphone.understanding = false;
  if (microphone.ended && !last) deliver(microphone, true);
  showState();
}

function understood(microphone, found, last) {
  microphone.speaking = found.speaking;
  if (found.text) {
    const before = $("text").value.trim();
    heardWords = before ? heardWords : true;
    $("text").value = before ? `${before} ${found.text}` : found.text;
  }
  if ($("auto").checked && heardWords && $("text").value.trim() && !answer && (last || (!found.speaking && found.quiet >= SEND_AFTER))) send();
}

function endListening() {
  const microphone = opened;
  opened = null;
  microphone.ended = true;
  microphone.node.port.onmessage = null;
  microphone.source.disconnect();
  microphone.stream.getTracks().forEach((track) => { track.onended = null; track.stop(); });
  $("mic").setAttribute("aria-pressed", "false");
  $("mic").style.removeProperty("--level");
  if (!microphone.busy) deliver(microphone, true);
  showState();
}

$("text").addEventListener("input", () => { heardWords = false; });
$("mic").onclick = () => { if (opened) endListening(); else if (opening) opening = null; else listen(); };
