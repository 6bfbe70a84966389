// A box that says what is pointed at in a chart, by mouse, finger or arrow keys. Without it a browser shows the same
// words to the mouse alone.
scripts.chart = (figure) => {
  const svg = figure.querySelector("svg.chart");
  const tips = [...svg.querySelectorAll(".tip")];
  if (!tips.length) return;
  const words = tips.map((tip) => {
    const title = tip.querySelector("title");
    title.remove();
    return title.textContent;
  });
  const said = document.createElement("div");
  said.className = "said";
  said.setAttribute("role", "status");
  figure.append(said);
  let at = -1;

  function leave() {
    if (at >= 0) tips[at].classList.remove("at");
    at = -1;
    said.textContent = "";
  }

  function say(number) {
    leave();
    at = number;
    tips[at].classList.add("at");
    said.textContent = words[at];
    const around = figure.getBoundingClientRect();
    const tip = tips[at].getBoundingClientRect();
    const left = tip.left + tip.width / 2 - said.offsetWidth / 2 - around.left;
    const above = tip.top - around.top - said.offsetHeight - 6;
    said.style.left = `${Math.max(0, Math.min(left, around.width - said.offsetWidth))}px`;
    said.style.top = `${above >= 0 ? above : tip.bottom - around.top + 6}px`;
  }

  tips.forEach((tip, number) => {
    tip.addEventListener("pointerenter", () => say(number));
    tip.addEventListener("pointerleave", leave);
  });
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("blur", leave);
  svg.addEventListener("keydown", (event) => {
    const last = tips.length - 1;
    const next = {
      ArrowRight: Math.min(at + 1, last),
      ArrowDown: Math.min(at + 1, last),
      ArrowLeft: Math.max(at - 1, 0),
      ArrowUp: Math.max(at - 1, 0),
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === "Escape") leave();
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    say(next);
  });
};
