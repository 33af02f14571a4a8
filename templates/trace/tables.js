// Tables as files: each can be saved as CSV, its cells as they are printed and its numbers plain

const printedNumber = /^([+−-]?)£?([\d,]+(?:\.\d+)?)%?$/;
const startsFormula = /^[=+\-@−]/;

function plainCell(text) {
  const number = text.match(printedNumber);
  if (number) return (number[1] && number[1] !== "+" ? "-" : "") + number[2].replaceAll(",", "");
  return startsFormula.test(text) ? `'${text}` : text;
}

function wordsOf(cell) {
  const copy = cell.cloneNode(true);
  for (const mark of copy.querySelectorAll("sup.mark")) mark.remove();
  for (const line of copy.querySelectorAll(".line, br, li, p")) line.after(" ");
  return copy.textContent.replace(/\s+/g, " ").trim();
}

// Rows of texts, one for each column: a cell over several rows stands in each, one over several columns where it begins
// or, of a head, in each.
function gridOf(rows, heads) {
  const grid = rows.map(() => []);
  rows.forEach((row, r) => {
    let c = 0;
    for (const cell of row.cells) {
      while (grid[r][c] !== undefined) c += 1;
      const text = wordsOf(cell);
      for (let down = 0; down < cell.rowSpan && r + down < rows.length; down += 1) {
        for (let right = 0; right < cell.colSpan; right += 1) grid[r + down][c + right] = heads || !right ? text : "";
      }
      c += cell.colSpan;
    }
  });
  return grid;
}

function csvOf(table) {
  const heads = gridOf([...table.tHead.rows], true);
  const rows = gridOf([...table.tBodies].flatMap((body) => [...body.rows]), false);
  const columns = heads[0].map((_, c) => [...new Set(heads.map((row) => row[c]).filter(Boolean))].join(", ") || "Row");
  const quoted = (text) => `"${String(text ?? "").replaceAll('"', '""')}"`;
  return [columns, ...rows.map((row) => Array.from(row, (cell) => plainCell(cell ?? "")))]
    .map((row) => row.map(quoted).join(",")).join("\r\n");
}

function offerTables() {
  for (const table of document.querySelectorAll("main .exhibit > table[id]")) {
    const name = table.querySelector("caption .n")?.textContent;
    if (!name || !table.tHead) continue;
    table.after(h("a", { class: "save", download: `${table.id}.csv`, href: "#", onclick: (event) => {
      event.currentTarget.href = `data:text/csv;charset=utf-8,${encodeURIComponent(`\ufeff${csvOf(table)}\r\n`)}`;
    } }, `Save ${name} as CSV`));
  }
}
