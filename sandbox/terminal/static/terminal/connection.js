// A terminal's WebSocket: comes back by itself, continues at the byte where it was cut, and
// acknowledges only what the emulator has really parsed, so that no side has to hold a flood.

import { SUBPROTOCOL, ack, decode, hello, input, resize } from "terminal/frames";

const ACK_BYTES = 32 * 1024; // A quarter of the shim's window.
const CHUNK_BYTES = 16 * 1024;
const CHUNK_PAUSE = 4; // ms: 4 MB/s, so that "hold" is heard before a MiB is on its way.
const NOTICE_INPUT = 2;
const FIRST_WAIT = 200; // ms
const LONGEST_WAIT = 8000;
const TOO_LARGE = 1009; // The server's own word for what the protocol calls 4413.
const FINAL = [1000, TOO_LARGE, 4400, 4403, 4404, 4408, 4409, 4410, 4413];

export class Connection {
  // screen: write(bytes, done), clear(), exited(status); told: state(name, detail), notice(notice).
  constructor(address, screen, told) {
    this.address = address;
    this.screen = screen;
    this.told = told;
    this.offset = 0;
    this.size = null;
    this.unacknowledged = 0;
    this.outgoing = [];
    this.held = false;
    this.failures = 0;
    this.over = false;
    this.resume = () => this.#comeBackNow();
    window.addEventListener("online", this.resume);
    document.addEventListener("visibilitychange", this.resume);
  }

  open({ fresh = false } = {}) {
    this.over = false;
    if (fresh) this.offset = 0;
    clearTimeout(this.retry);
    this.retry = undefined;
    this.told.state("connecting", { failures: this.failures });
    this.socket?.close(1000);
    const socket = new WebSocket(this.address + (fresh ? "?fresh=1" : ""), SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = (event) => socket === this.socket && this.#take(event.data);
    socket.onclose = (event) => socket === this.socket && this.#closed(event.code);
    this.socket = socket;
  }

  close() {
    this.over = true;
    clearTimeout(this.retry);
    window.removeEventListener("online", this.resume);
    document.removeEventListener("visibilitychange", this.resume);
    this.socket?.close(1000);
  }

  send(text) {
    this.#queue(new TextEncoder().encode(text));
  }

  sendBinary(text) {
    this.#queue(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
  }

  resize(columns, rows) {
    this.size = [columns, rows];
    if (this.#isOpen()) this.socket.send(resize(columns, rows));
  }

  #isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  #greet(socket) {
    this.unacknowledged = 0;
    this.held = false;
    this.outgoing = [];
    socket.send(hello(this.offset));
    if (this.size) socket.send(resize(...this.size));
  }

  #take(buffer) {
    const frame = decode(buffer);
    if (frame.output) this.#output(frame.output);
    else if (frame.welcome) this.#welcome(frame.welcome);
    else if (frame.exited !== undefined) this.#exited(frame.exited);
    else if (frame.notice?.code === NOTICE_INPUT) this.#hold(frame.notice.detail.hold);
    else if (frame.notice) this.told.notice(frame.notice);
  }

  #output(bytes) {
    const socket = this.socket;
    this.offset += bytes.length;
    this.screen.write(bytes, () => this.#parsed(socket, bytes.length));
  }

  #parsed(socket, count) {
    // An acknowledgement belongs to the connection that sent the bytes: a new one has new credit.
    if (socket !== this.socket) return;
    this.unacknowledged += count;
    if (this.unacknowledged < ACK_BYTES || !this.#isOpen()) return;
    socket.send(ack(this.unacknowledged));
    this.unacknowledged = 0;
  }

  #welcome({ offset }) {
    this.failures = 0;
    // What is between is no longer in the ring: start over with what there is.
    if (offset !== this.offset || offset === 0) this.screen.clear();
    this.offset = offset;
    this.screen.replaying();
    this.told.state("open", {});
  }

  #exited(status) {
    this.over = true;
    this.screen.exited(status);
    this.told.state("exited", { status });
  }

  #closed(code) {
    if (this.over) return;
    if (FINAL.includes(code)) {
      this.over = true;
      this.told.state("closed", { code: code === TOO_LARGE ? 4413 : code });
      return;
    }
    this.failures += 1;
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (this.failures - 1));
    const wait = longest * (0.5 + Math.random() / 2); // A class does not come back in one instant.
    this.told.state("waiting", { code, failures: this.failures, seconds: Math.ceil(wait / 1000) });
    this.retry = setTimeout(() => this.open(), wait);
  }

  #comeBackNow() {
    if (this.retry === undefined || this.over || document.hidden) return;
    this.open();
  }

  #queue(bytes) {
    // Keys typed while there is no connection are dropped: nobody saw what they would do.
    if (!this.#isOpen()) return;
    for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
      this.outgoing.push(bytes.subarray(start, start + CHUNK_BYTES));
    }
    if (!this.pumping) this.#pump();
  }

  #pump() {
    this.pumping = undefined;
    if (this.held || !this.#isOpen()) return;
    const chunk = this.outgoing.shift();
    if (chunk) this.socket.send(input(chunk));
    if (this.outgoing.length) this.pumping = setTimeout(() => this.#pump(), CHUNK_PAUSE);
  }

  #hold(hold) {
    this.held = hold;
    if (!hold && !this.pumping) this.#pump();
  }
}
