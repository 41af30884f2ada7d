// The protocol terrarium.terminal.v1; sandbox/terminal/frames.py is its other half.

export const SUBPROTOCOL = "terrarium.terminal.v1";

const DATA = 0;
const RESIZE = 1;
const ACK = 2;
const HELLO = 3;
const EXITED = 4;
const NOTICE = 5;

export function input(bytes) {
  const frame = new Uint8Array(1 + bytes.length);
  frame[0] = DATA;
  frame.set(bytes, 1);
  return frame;
}

export function resize(columns, rows) {
  const view = blank(RESIZE, 5);
  view.setUint16(1, columns);
  view.setUint16(3, rows);
  return view.buffer;
}

export function ack(count) {
  const view = blank(ACK, 5);
  view.setUint32(1, count);
  return view.buffer;
}

export function hello(offset) {
  const view = blank(HELLO, 9);
  view.setBigUint64(1, BigInt(offset));
  return view.buffer;
}

// One of {output}, {welcome}, {exited}, {notice}; {} for a kind of a newer server.
export function decode(buffer) {
  const view = new DataView(buffer);
  switch (view.getUint8(0)) {
    case DATA:
      return { output: new Uint8Array(buffer, 1) };
    case HELLO:
      return { welcome: { offset: Number(view.getBigUint64(1)), columns: view.getUint16(9), rows: view.getUint16(11) } };
    case EXITED:
      return { exited: view.getInt32(1) };
    case NOTICE:
      return { notice: { code: view.getUint16(1), detail: JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 3))) } };
    default:
      return {};
  }
}

function blank(kind, size) {
  const view = new DataView(new ArrayBuffer(size));
  view.setUint8(0, kind);
  return view;
}
