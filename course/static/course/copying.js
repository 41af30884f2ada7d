// A button on every block of code that copies it.

import { copyText } from "terminal/clipboard";

const SHOWN = 2000; // ms

export function offerCopies(root) {
  const button = document.getElementById("copy-button").content.firstElementChild;
  for (const block of root.querySelectorAll("pre.code")) {
    const box = document.createElement("div");
    box.className = "code-box";
    block.replaceWith(box);
    const copy = button.cloneNode(true);
    copy.addEventListener("click", () => copied(copy, block));
    box.append(block, copy);
  }
}

async function copied(button, block) {
  const before = button.dataset.label ?? button.textContent;
  button.dataset.label = before;
  const done = await copyText(block.textContent.trimEnd());
  button.textContent = done ? button.dataset.done : button.dataset.failed;
  button.classList.toggle("done", done);
  setTimeout(() => {
    button.textContent = before;
    button.classList.remove("done");
  }, SHOWN);
}
