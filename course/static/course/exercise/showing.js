// Where a diagnosis is about an error message, the checks are told what the terminal in front shows.
// It is a source of hints only: no check can be passed by it.

const LONGEST = 2000; // characters

export function startShowing(panes, checks) {
  let told = "";
  let timer = 0;
  checks.addEventListener("message", ({ detail }) => {
    if (detail.type !== "show") return;
    told = "";
    clearInterval(timer);
    timer = setInterval(() => {
      const text = document.hidden ? told : visible(panes.screen?.terminal);
      if (text === told) return;
      told = text;
      checks.send({ type: "shown", text });
    }, 1000);
  });
}

function visible(terminal) {
  if (!terminal) return "";
  const buffer = terminal.buffer.active;
  const rows = Array.from({ length: terminal.rows }, (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "");
  return rows.join("\n").trimEnd().slice(-LONGEST);
}
