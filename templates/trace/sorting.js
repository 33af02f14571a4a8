// Sorting: a table whose rows are alike can be put in the order of a column, by mouse or keyboard, and back

const rowsOf = (table) => [...table.tBodies].flatMap((body) => [...body.rows]);

// Rows are alike where each stands for itself: none has a cell over several rows or is set in a group with others, and
// totals, if any, come last.
function sortable(table) {
  const rows = rowsOf(table), first = rows.findIndex((row) => row.classList.contains("total"));
  const items = first < 0 ? rows : rows.slice(0, first);
  const alike = rows.every((row) => row.cells.length === rows[0].cells.length && [...row.cells].every((cell) => cell.rowSpan === 1 && cell.colSpan === 1));
  const apart = table.tBodies.length === 1 || [...table.tBodies].every((body) => body.rows.length === 1);
  const whole = rows.slice(items.length).every((row) => row.classList.contains("total"));
  const pieces = table.caption && document.querySelectorAll(`main table[data-name="${CSS.escape(nameOf(table))}"]`).length > 1;
  return items.length > 2 && alike && apart && whole && !pieces && !table.closest(".lines") ? items : null;
}

const nameOf = (table) => table.caption?.querySelector(".n")?.textContent || table.caption?.textContent || "";
const headText = (head) => wordsOf(head).replace(/\s*\(\)$/, "");

// What a cell is put in order by: its number, not rounded, else its words; what is not known comes last either way.
function keyOfCell(cell) {
  const raw = cell.dataset.v ?? cell.querySelector("data[value]")?.value, text = wordsOf(cell);
  if (raw !== undefined) return raw === "" || Number.isNaN(Number(raw)) ? null : Number(raw);
  const plain = plainCell(text);
  if (text === "" || /^\[\w\]$/.test(text)) return null;
  return printedNumber.test(text) ? Number(plain) : text;
}

function compare(a, b, way) {
  if (a === null || b === null) return (a === null) - (b === null);
  const numbers = typeof a === "number" && typeof b === "number";
  return way * (numbers ? a - b : String(a).localeCompare(String(b), "en-GB", { numeric: true }));
}

function sortBy(table, head, items, home) {
  const next = { ascending: "descending", descending: null }, before = head.getAttribute("aria-sort");
  const way = before ? next[before] : "ascending";
  for (const other of table.tHead.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  if (way) head.setAttribute("aria-sort", way);
  const column = head.cellIndex, keys = new Map(items.map((row) => [row, keyOfCell(row.cells[column])]));
  const ordered = way ? [...items].sort((a, b) => compare(keys.get(a), keys.get(b), way === "ascending" ? 1 : -1)) : items;
  for (const row of ordered) (way ? table.tBodies[0] : home.get(row)).append(row);
  for (const row of home.keys()) if (!keys.has(row)) home.get(row).append(row); // totals stay last
  renumber();
  const numbers = [...keys.values()].some((key) => typeof key === "number");
  const said = { ascending: numbers ? "smallest first" : "from A to Z", descending: numbers ? "largest first" : "from Z to A" };
  tell(way ? `${nameOf(table)} is sorted by ${headText(head)}, ${said[way]}.` : `${nameOf(table)} is in its printed order.`);
}

// Numbers are stepped through in the order in which they are seen.
function renumber() {
  stops.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1));
  stops.forEach((stop, k) => order.set(stop, k));
}

function offerSorting() {
  for (const table of document.querySelectorAll("main .exhibit > table")) if (nameOf(table)) table.dataset.name = nameOf(table);
  for (const table of document.querySelectorAll("main .exhibit > table")) {
    const items = table.tHead && sortable(table), heads = table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [];
    if (!items || heads.length !== items[0].cells.length) continue;
    const home = new Map(rowsOf(table).map((row) => [row, row.parentElement]));
    for (const head of heads) {
      if (head.localName !== "th" || head.colSpan > 1) continue;
      const button = h("button", { type: "button", class: "sort", onclick: () => sortBy(table, head, items, home) }, [...head.childNodes]);
      head.append(button);
    }
  }
}
