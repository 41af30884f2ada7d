// An ordering's numbered lines become lines that move: arrows by press, by keyboard, by finger.

for (const list of document.querySelectorAll("ol.sortable")) {
  const number = () =>
    [...list.children].forEach((line, index) => {
      line.querySelector("select").value = String(index + 1);
      for (const button of line.querySelectorAll("button")) button.ariaLabel = `${button.title}: ${line.querySelector("span").textContent} (${index + 1}/${list.children.length})`;
    });
  for (const line of list.children) {
    line.querySelector("select").hidden = true;
    line.append(arrow(line, list.dataset.up, "↑", -1), arrow(line, list.dataset.down, "↓", 1));
  }
  list.previousElementSibling.textContent = list.dataset.help;
  list.classList.add("moving");
  number();

  function arrow(line, label, sign, step) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "tool", textContent: sign, title: label });
    button.addEventListener("click", () => {
      const other = step < 0 ? line.previousElementSibling : line.nextElementSibling;
      if (!other) return;
      if (step < 0) other.before(line);
      else other.after(line);
      number();
      button.focus();
    });
    return button;
  }
}
