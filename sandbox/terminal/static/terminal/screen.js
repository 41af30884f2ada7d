// The emulator: xterm.js with what a lesson needs, and without what a lab must not be able to do
// to the learner's browser (write its clipboard, open a link unasked, rename its window).

import { Terminal } from "@xterm/xterm";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { copyText } from "terminal/clipboard";
import { foundColours, themeOf } from "terminal/theme";
import { Transcript } from "terminal/transcript";

const CLIPBOARD = 52;
const LEAVE_KEY = "F6";
const SETTLED = 250; // ms without output after which a replay is over
// What an emulator answers to a program's question; asked again by a replay, nobody waits for it.
const REPORT = /^\x1b(?:\[[?>=]?[\d;]*[$]?[cnRtyx]|P|\]|\[[IO]$)/;

const MANY_LINES = 5; // A paste of more is shown first.
// Of a paste only text goes in: an escape could end the bracket in which a shell holds it back.
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g;

export class Screen {
  // look: {fontSize, scheme, screenReader}. asks, the page's part: confirmLink(url) and confirmPaste(text, {lines, bracketed})
  // answer whether to; copied(whether, or null without a selection), controlUsed(), find() and leave() only hear of it.
  constructor(place, { label, look, asks }) {
    this.place = place;
    this.asks = asks;
    this.scheme = look.scheme;
    this.terminal = new Terminal({
      allowProposedApi: true, // unicode11
      cursorBlink: !matchMedia("(prefers-reduced-motion: reduce)").matches,
      fontFamily: 'ui-monospace, "Cascadia Mono", "SF Mono", Menlo, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace',
      fontSize: look.fontSize,
      lineHeight: 1.25,
      linkHandler: { activate: (_event, url) => follow(url, asks.confirmLink) },
      macOptionIsMeta: true,
      minimumContrastRatio: 4.5,
      screenReaderMode: look.screenReader,
      scrollback: 5000,
      theme: themeOf(look.scheme),
    });
    this.fitting = new FitAddon();
    this.search = new SearchAddon();
    const links = new WebLinksAddon((_event, url) => follow(url, asks.confirmLink));
    for (const addon of [this.fitting, this.search, links, new Unicode11Addon()]) {
      this.terminal.loadAddon(addon);
    }
    this.terminal.unicode.activeVersion = "11";
    // Returning true says "handled": the clipboard stays the learner's.
    this.terminal.parser.registerOscHandler(CLIPBOARD, () => true);
    this.terminal.attachCustomKeyEventHandler((event) => this.#key(event));
    place.addEventListener("paste", (event) => this.#paste(event), true);
    this.terminal.open(place);
    this.terminal.textarea.setAttribute("aria-label", label);
    this.transcript = new Transcript(this.terminal);
    this.quietUntil = 0;
    this.control = false;
    if (wantsWebGL()) this.#draw();
  }

  // send(text), sendBinary(text) and resize(columns, rows) of a connection.
  attach(connection) {
    this.terminal.onData((text) => this.#isAnswerToReplay(text) || connection.send(this.#withControl(text)));
    this.terminal.onBinary((text) => connection.sendBinary(text));
    this.terminal.onResize(({ cols, rows }) => connection.resize(cols, rows));
    connection.resize(this.terminal.cols, this.terminal.rows);
  }

  write(bytes, done) {
    if (this.quietUntil) this.quietUntil = performance.now() + SETTLED;
    this.terminal.write(bytes, done);
  }

  clear() {
    this.terminal.reset();
    this.transcript.forget();
  }

  // By the learner: the line of the prompt stays.
  sweep() {
    this.transcript.keepForClear();
    this.terminal.clear();
  }

  set look({ fontSize, scheme, screenReader }) {
    this.scheme = scheme;
    Object.assign(this.terminal.options, { fontSize, theme: themeOf(scheme), screenReaderMode: screenReader });
    this.fit();
  }

  find(text, { back = false, incremental = false } = {}) {
    const options = { incremental, decorations: foundColours(this.scheme) };
    return back ? this.search.findPrevious(text, options) : this.search.findNext(text, options);
  }

  async paste(text) {
    const clean = text.replace(CONTROL, "");
    const lines = clean.trimEnd().split(/\r\n|\r|\n/).length;
    const bracketed = this.terminal.modes.bracketedPasteMode;
    if (lines > MANY_LINES && !(await this.asks.confirmPaste(clean, { lines, bracketed }))) return;
    this.terminal.paste(clean);
    this.focus();
  }

  async copy() {
    if (this.terminal.hasSelection()) this.asks.copied(await copyText(this.terminal.getSelection()));
    else this.asks.copied(null);
  }

  // A key that a phone's keyboard lacks: {text}, {arrow} with the letter of its sequence, or {control} for the next letter.
  press({ text, arrow, control }) {
    if (control) this.control = !this.control;
    else this.terminal.input(text ?? this.#arrow(arrow));
    return this.control;
  }

  replaying() {
    this.quietUntil = performance.now() + SETTLED;
  }

  exited() {
    this.terminal.options.cursorBlink = false;
    this.terminal.write("\x1b[?25l");
  }

  fit() {
    // A hidden place has no size; what it would be fitted to is wrong.
    if (this.place.clientWidth > 40 && this.place.clientHeight > 40) this.fitting.fit();
  }

  focus() {
    this.terminal.focus();
  }

  dispose() {
    this.terminal.dispose();
  }

  #isAnswerToReplay(text) {
    if (!this.quietUntil) return false;
    if (performance.now() > this.quietUntil) this.quietUntil = 0;
    return this.quietUntil > 0 && REPORT.test(text);
  }

  #arrow(letter) {
    return (this.terminal.modes.applicationCursorKeysMode ? "\x1bO" : "\x1b[") + letter;
  }

  #withControl(text) {
    if (!this.control || !/^[a-z]$/i.test(text)) return text;
    this.control = false;
    this.asks.controlUsed();
    return String.fromCharCode(text.charCodeAt(0) & 0x1f);
  }

  #paste(event) {
    event.preventDefault();
    event.stopPropagation();
    this.paste(event.clipboardData.getData("text/plain"));
  }

  #key(event) {
    if (event.type !== "keydown") return true;
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    if (event.key === LEAVE_KEY && plain) return this.#took(event, this.asks.leave);
    if (!event.ctrlKey || !event.shiftKey) return true;
    if (event.code === "KeyC") return this.#took(event, () => this.copy());
    if (event.code === "KeyF") return this.#took(event, this.asks.find);
    return event.code !== "KeyV"; // The browser's paste; it comes back as an event.
  }

  #took(event, act) {
    event.preventDefault();
    act();
    return false;
  }

  async #draw() {
    try {
      const { WebglAddon } = await import("@xterm/addon-webgl");
      const webgl = new WebglAddon();
      webgl.onContextLoss(() => webgl.dispose()); // The emulator then draws with elements again.
      this.terminal.loadAddon(webgl);
    } catch {
      // No WebGL here: elements do as well, only slower.
    }
  }
}

function wantsWebGL() {
  return new URLSearchParams(location.search).get("renderer") !== "dom" && !matchMedia("(prefers-reduced-motion: reduce)").matches;
}

// The text of a link may say anything: the learner is shown where it really goes, and only the web.
async function follow(address, confirmLink) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return;
  }
  if (!["http:", "https:"].includes(url.protocol)) return;
  if (await confirmLink(url.href)) window.open(url.href, "_blank", "noopener,noreferrer");
}
