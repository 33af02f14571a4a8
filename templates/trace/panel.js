// The panel

const title = h("h2", { id: "trace-title", tabindex: "-1" });
const content = h("div", { class: "trace-content" });
const back = h("button", { type: "button", class: "plain", onclick: () => history.back() }, "‹ Back");
const panel = h("div", { id: "trace-panel", role: "dialog", "aria-labelledby": "trace-title", hidden: "" },
  h("div", { class: "trace-bar" }, back, h("a", { href: "#trace=find" }, "Find"),
    h("button", { type: "button", class: "plain close", onclick: close }, "Close")),
  title, content);
const live = h("p", { role: "status", class: "trace-live" });
const stepping = h("button", { type: "button", "aria-pressed": "false", onclick: () => step(!walking) }, "Step through numbers");
const tools = h("nav", { class: "trace-tools", "aria-label": "Trace numbers" },
  h("a", { href: "#top" }, "Top"), h("a", { href: "#trace=find" }, "Trace a number"), stepping);
const tell = (text) => { live.textContent = text; };
const narrow = () => innerWidth < 1000;
let opener = null, visited = [], walking = false, stopAt = 0;

function route() {
  const wanted = location.hash.match(/^#trace=(.+)$/);
  if (!wanted) return hide();
  let key = wanted[1];
  try { key = decodeURIComponent(key); } catch { /* an address typed wrongly: looked up as it is */ }
  visited = visited.at(-2) === key ? visited.slice(0, -1) : visited.at(-1) === key ? visited : [...visited, key];
  back.hidden = visited.length < 2;
  const [heading, ...sections] = view(key);
  title.textContent = heading;
  content.replaceChildren(...sections.flat(Infinity).filter(Boolean));
  reveal();
  if (key === "find") content.querySelector("input").focus();
  else title.focus({ preventScroll: true });
}

function view(key) {
  if (key === "find") return findView();
  const [, type, name] = key.match(/^(words|extract|setting):(.*)$/) || [];
  if (type === "words") return wordsView(name.split(",").map((id) => position.get(id)).filter((i) => i !== undefined));
  if (type === "extract" && data.extracts[name]) return extractView(name);
  const setting = type === "setting" ? data.settings.findIndex(([path]) => path === name) : -1;
  if (setting >= 0) return settingView(setting);
  if (position.has(key)) return numberView(position.get(key));
  return ["Not found", h("p", {}, `This run has nothing that is called “${key}”.`)];
}

function reveal() {
  const anchor = opener || stops.find((stop) => stop.getBoundingClientRect().top > 0);
  const top = anchor?.getBoundingClientRect().top;
  panel.hidden = false;
  document.body.classList.add("tracing");
  panel.scrollTop = 0;
  const picture = content.querySelector(".picture");
  if (picture) picture.tabIndex = picture.scrollWidth > picture.clientWidth ? 0 : -1;
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" });
  uncover();
}

// On a narrow screen the sheet would lie over the number that opened it.
function uncover() {
  if (!opener || !narrow()) return;
  const over = opener.getBoundingClientRect().bottom + 16 - panel.getBoundingClientRect().top;
  if (over > 0) scrollBy({ top: over, behavior: "instant" });
}

function hide() {
  if (panel.hidden) return;
  panel.hidden = true;
  visited = [];
  document.body.classList.remove("tracing");
  mark(null);
  if (!location.hash) focusOn(opener || tools.firstChild);
  opener = null;
}

function close() {
  history.pushState(null, "", location.pathname + location.search);
  hide();
}

function mark(stop) {
  document.querySelectorAll(".trace-chosen").forEach((one) => one.classList.remove("trace-chosen"));
  stop?.classList.add("trace-chosen");
}

function focusOn(element) {
  if (!element.matches("a, button") && !element.hasAttribute("tabindex")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

function open(stop) {
  opener = stop;
  mark(stop);
  location.hash = address(keyOf(stop));
  if (!panel.hidden) uncover();
}
