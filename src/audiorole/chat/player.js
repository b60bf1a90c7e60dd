// Sound: parts of an answer, one after another without a gap.

let speakers = null; // the page's AudioContext; made when somebody first does something, as browsers want it

function audioContext() {
  speakers = speakers || new AudioContext();
  speakers.resume();
  return speakers;
}

class Player {
  constructor(rate) {
    this.rate = rate;
    this.at = 0;
    this.timers = new Map(); // what sounds or will → when it is told that it begins
    this.stopped = false;
  }

  // Play base64 of int16 after all that came before; tell when it begins and when it has ended.
  play(base64, begins, ends) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const samples = new Int16Array(bytes.buffer);
    if (this.stopped) return;
    if (!samples.length) { begins(); ends(); return; }
    const context = audioContext();
    const buffer = context.createBuffer(1, samples.length, this.rate);
    buffer.copyToChannel(Float32Array.from(samples, (sample) => sample / 32768), 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    this.at = Math.max(this.at, context.currentTime);
    this.timers.set(source, setTimeout(begins, (this.at - context.currentTime) * 1000));
    source.onended = () => { clearTimeout(this.timers.get(source)); this.timers.delete(source); begins(); ends(); };
    source.start(this.at);
    this.at += buffer.duration;
  }

  get playing() { return this.timers.size > 0; }

  stop() {
    this.stopped = true;
    for (const [source, timer] of this.timers) { clearTimeout(timer); source.onended = null; source.stop(); }
    this.timers.clear();
  }
}
