// Whether the server is there: asked every two seconds, said at once, and found again.

const EVERY = 2000;
const RESTARTED = "The server was started anew: open the address that audiorole chat printed.";
let nextBeat = 0, beats = 0;
let meeting = null; // the server's first words, while they are on their way

async function beat() {
  clearTimeout(nextBeat);
  const turn = beats += 1;
  try {
    const found = await fetch("/alive", { headers, signal: AbortSignal.timeout(5000) });
    if (turn !== beats) return; // somebody has looked again since
    if (found.ok) await back();
    else lose(found.status === 403 || found.status === 400 ? RESTARTED : `${GONE} Trying again…`);
  } catch {
    if (turn !== beats) return;
    lose(`${GONE} Trying again…`);
  }
  clearTimeout(nextBeat);
  nextBeat = setTimeout(beat, EVERY);
}

function lose(words) {
  $("lost").textContent = words;
  $("lost").hidden = false;
}

async function back() {
  if (!server) await (meeting = meeting || meet().finally(() => { meeting = null; }));
  if ($("lost").hidden) return;
  $("lost").hidden = true;
  tell("The server is back.");
}

async function meet() {
  server = await (await fetch("/characters", { headers })).json();
  $("mark").textContent = server.mark;
  for (const name of server.characters) $("who").add(new Option(server.names[name], name));
  showThread();
  await offerMicrophone();
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
if (navigator.mediaDevices) navigator.mediaDevices.ondevicechange = () => offerMicrophone();
beat();
