// Stepping through the numbers: one of them at a time is a stop of the Tab key

function step(on) {
  walking = on;
  stepping.setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("stepping", on);
  for (const stop of stops) {
    for (const [name, value] of [["role", "button"], ["tabindex", "-1"], ["aria-haspopup", "dialog"]]) {
      if (on) stop.setAttribute(name, value);
      else stop.removeAttribute(name);
    }
  }
  if (!on) return tell("Stepping through numbers is off.");
  stopAt = Math.max(0, stops.findIndex((stop) => visible(stop) && stop.getBoundingClientRect().top > 0));
  tell(`${say(stops.length, "number", "numbers")} to step through. Arrow keys move, Enter opens.`);
  moveTo(stopAt);
}

const visible = (stop) => stop.getClientRects().length > 0;

function moveTo(to) {
  stops[stopAt].tabIndex = -1;
  stopAt = to;
  stops[to].tabIndex = 0;
  stops[to].focus({ preventScroll: true });
  stops[to].scrollIntoView({ block: "nearest", behavior: "instant" });
}

function neighbour(from, key) {
  const cell = from.closest("td.traced"), way = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
  if (cell && (key === "ArrowDown" || key === "ArrowUp")) {
    const right = cell.parentElement.cells.length - cell.cellIndex;
    const rows = [...cell.closest("table").rows];
    for (let r = rows.indexOf(cell.parentElement) + way; rows[r]; r += way) {
      const next = rows[r].cells[rows[r].cells.length - right]?.querySelector(NUMBERS);
      if (next) return stops.indexOf(next);
    }
  }
  let to = stops.indexOf(from) + way;
  while (stops[to] && !visible(stops[to])) to += way;
  return to;
}

function onKey(event) {
  if (event.key === "Escape" && !panel.hidden) return close();
  const stop = walking && event.target.closest("main")?.contains(event.target) && event.target.closest(NUMBERS);
  if (!stop) return null;
  if (event.key.startsWith("Arrow")) {
    const to = neighbour(stop, event.key);
    if (stops[to]) moveTo(to);
  } else if (event.key === "Enter" || event.key === " ") open(stop);
  else return null;
  return event.preventDefault();
}

function onClick(event) {
  if (!event.target.closest("main") || event.target.closest("a") || String(getSelection())) return;
  const stop = event.target.closest(NUMBERS) || event.target.closest("td.traced")?.querySelector(NUMBERS);
  if (!stop) return;
  if (walking) stopAt = stops.indexOf(stop);
  open(stop);
}
