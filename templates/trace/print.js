// Where the report prints a quantity

// A number's link to Appendix D gives way to the panel, which has the link; without this script it stays.
function unlink() {
  for (const anchor of document.querySelectorAll("[data-q] > a.o, [data-w] > a.o")) {
    anchor.parentElement.dataset.entry = anchor.getAttribute("href");
    anchor.replaceWith(anchor.textContent);
  }
}

// A cell keeps its role in the table: what is traced is its text.
function wrapCells() {
  for (const cell of document.querySelectorAll("td[data-q]")) {
    const inner = h("span", { "data-q": cell.dataset.q, "data-entry": cell.dataset.entry ?? null });
    inner.append(cell.firstChild);
    cell.prepend(inner);
    cell.removeAttribute("data-q");
    cell.classList.add("traced");
  }
}

unlink();
wrapCells();
const stops = [...document.querySelectorAll(NUMBERS)];
const order = new Map(stops.map((stop, k) => [stop, k]));
const places = new Map();
for (const stop of stops) {
  if (stop.dataset.q) places.set(stop.dataset.q, [...(places.get(stop.dataset.q) || []), stop]);
}
// Prose may tell a sign in words ("fell by 13.8"): what the trace shows is a place that has the ledger's, or its value.
const signed = (i, text) => !/[1-9]/.test(text) || /^[^\d]*[-−]/.test(text) === q.value[i].startsWith("-");
const printed = (i) => (places.get(q.id[i]) || []).find((stop) => signed(i, stop.textContent))?.textContent ?? q.value[i];
const keyOf = (stop) => stop.dataset.q || "words:" + stop.dataset.w.split(" ").join(",");

// Columns are counted from the right: a row's first head may span several rows.
function columnHeads(cell) {
  const right = cell.parentElement.cells.length - 1 - cell.cellIndex;
  return [...cell.closest("table").tHead.rows].map((row) => {
    const spread = [...row.cells].flatMap((one) => Array(one.colSpan).fill(one));
    const head = spread[spread.length - 1 - right];
    return [...(head.querySelector(".sort") ?? head).childNodes].filter((one) => one.className !== "unit").map((one) => one.textContent).join("");
  });
}

function exhibitOf(stop) {
  const caption = stop.closest("table")?.caption;
  if (caption) return caption.querySelector(".n")?.textContent || caption.textContent;
  const heads = [...document.querySelectorAll("main h1, main h2")];
  const head = heads.findLast((one) => one.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING);
  const mark = head?.querySelector(".n")?.textContent;
  if (!mark) return head ? `Text, ${head.textContent}` : "Text";
  return `Text, ${/^\d/.test(mark) ? "section " : /^\w\d/.test(mark) ? "Appendix " : ""}${mark}`;
}

function placeOf(stop) {
  const cell = stop.closest("td");
  if (!cell) return exhibitOf(stop);
  const row = cell.parentElement.querySelector("th:not(.group)")?.textContent;
  const group = cell.closest("tbody").querySelector("th.group")?.textContent;
  return [exhibitOf(stop), group, row, ...columnHeads(cell)].filter((text) => text && text.trim()).join(", ");
}

function showInPage(stop) {
  const details = stop.closest("details");
  if (details) details.open = true;
  stop.scrollIntoView({ block: "center" });
  mark(stop);
  if (narrow()) close();
  focusOn(stop);
}

function placeList(elements) {
  const item = (stop) => h("li", {}, h("button", { type: "button", class: "plain", onclick: () => showInPage(stop) }, placeOf(stop)));
  return long(elements.map(item), 4, "places");
}

function long(items, shown, what) {
  if (items.length <= shown + 1) return h("ul", {}, items);
  const rest = items.slice(shown);
  return [h("ul", {}, items.slice(0, shown)), more(`${say(rest.length, "more", "more")} ${what}`, h("ul", {}, rest))];
}
