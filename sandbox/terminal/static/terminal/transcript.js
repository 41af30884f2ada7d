// What a terminal has shown, as lines of text: also what was cleared away meanwhile. Screens that a
// program opened beside the shell's (an editor's, a pager's) are not part of it.

const LONGEST = 20_000; // lines
const WHOLE_SCREEN = 2;
const SCROLLBACK = 3;

export class Transcript {
  constructor(terminal) {
    this.terminal = terminal;
    this.forget();
    terminal.parser.registerCsiHandler({ final: "J" }, ([what]) => {
      this.#erasing(what ?? 0);
      return false; // Not handled: the emulator erases as it would have.
    });
  }

  forget() {
    this.earlier = [];
    this.#keptUpTo(null);
  }

  text() {
    const lines = [...this.earlier, ...this.#lines(this.#from(), this.#buffer.length)];
    return `${lines.join("\n").trimEnd()}\n`;
  }

  // Before everything but the line of the cursor is cleared away by hand.
  keepForClear() {
    const buffer = this.#buffer;
    this.#keep(this.#from(), buffer.baseY + buffer.cursorY);
    this.#keptUpTo(null);
  }

  get #buffer() {
    return this.terminal.buffer.normal;
  }

  #erasing(what) {
    const buffer = this.#buffer;
    if (this.terminal.buffer.active.type !== "normal") return;
    if (what === SCROLLBACK) this.#keep(this.#from(), buffer.baseY);
    const fromTop = what === WHOLE_SCREEN || (what === 0 && buffer.cursorX === 0 && buffer.cursorY === 0);
    if (!fromTop) return;
    this.#keep(this.#from(), buffer.length);
    this.#keptUpTo(this.terminal.registerMarker(-buffer.cursorY));
  }

  // A marker moves with its line when older ones fall out of the scrollback.
  #keptUpTo(marker) {
    this.marker?.dispose();
    this.marker = marker;
  }

  #from() {
    return this.marker && !this.marker.isDisposed ? this.marker.line : 0;
  }

  #keep(from, to) {
    const lines = this.#lines(from, to);
    while (lines.at(-1) === "") lines.pop();
    this.earlier = [...this.earlier, ...lines].slice(-LONGEST);
  }

  #lines(from, to) {
    const lines = [];
    for (let at = from; at < to; at += 1) {
      const line = this.#buffer.getLine(at);
      const goesOn = this.#buffer.getLine(at + 1)?.isWrapped ?? false;
      const text = line.translateToString(!goesOn);
      if (line.isWrapped && lines.length) lines.push(lines.pop() + text);
      else lines.push(text);
    }
    return lines;
  }
}
