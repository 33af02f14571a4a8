// The panel that shows how a number of the report came to be. All that it shows is in the page; nothing is fetched.
// #trace=<id> is a quantity; #trace=words:<id>,<id> words that rest on several; #trace=extract:<name> and
// #trace=setting:<path> list what rests on one; #trace=find is the search.
// The files of this folder are one script, in the order that workflow/scripts/dscp/report/panel.py names; this one is the data.

const data = JSON.parse(document.getElementById("trace-data").textContent);
const column = (name) => (Array.isArray(data[name]) ? data[name] : data[name].at.map((k) => data[name].of[k]));
const q = Object.fromEntries(
  ["id", "label", "value", "unit", "kind", "formula", "filled", "inputs", "rule", "function", "source", "reads",
    "filter", "rows", "shaped", "note"].map((name) => [name, column(name)]),
);
const reads = q.reads.map((names) => names.split(" ").filter(Boolean));
const shaped = q.shaped.map((places) => places.split(" ").filter(Boolean).map(Number));
const position = new Map(q.id.map((id, i) => [id, i]));
const below = q.inputs.map((named) => [...new Set(named.flatMap(([, ids]) => ids))]);
const above = q.id.map(() => []);
below.forEach((inputs, i) => inputs.forEach((one) => above[one].push(i)));
const KINDS = { records: "counted records", constant: "cited constant", setting: "setting", derived: "computed" };
const NUMBERS = "[data-q], [data-w]";
const say = (number, one, many) => `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
