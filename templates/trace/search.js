// Search

const loose = (text) => text.toLowerCase().replace(/−/g, "-").replace(/(\d),(?=\d{3})/g, "$1");
let haystack = null;

function search(text) {
  haystack ||= q.id.map((id, i) => {
    const forms = [...new Set((places.get(id) || []).map((stop) => loose(stop.textContent)))];
    return { i, forms, name: loose(`${q.label[i]} ${id}`), text: [...forms, q.value[i], id, q.label[i], q.source[i]].map(loose).join(" ") };
  });
  const wanted = loose(text).trim(), words = wanted.split(/\s+/);
  const named = (one) => words.every((word) => one.name.includes(word));
  const weight = (one) => (one.forms.includes(wanted) ? 0 : (one.forms.length ? 1 : 3) + (named(one) ? 0 : 1));
  return haystack.filter((one) => words.every((word) => one.text.includes(word)))
    .sort((a, b) => weight(a) - weight(b) || a.i - b.i).map((one) => one.i);
}

function findView() {
  const results = h("div", { class: "numbers" });
  const find = h("input", { type: "search", id: "trace-search", autocomplete: "off", spellcheck: "false", oninput: show });
  function show() {
    const found = find.value.trim() ? search(find.value) : [];
    const text = find.value.trim() ? `${say(found.length, "number", "numbers")} found` : "";
    results.replaceChildren(h("p", { class: "quiet" }, text + (found.length > 30 ? ", the first 30 shown" : "")),
      h("ul", {}, found.slice(0, 30).map((i) => item(i))));
    tell(text);
  }
  const option = (value, text) => h("option", { value }, text);
  const choice = h("select", { id: "trace-choice" },
    h("optgroup", { label: "Extracts" }, Object.keys(data.extracts).map((name) => option(`extract:${name}`, name))),
    h("optgroup", { label: "Constants" }, ids("constant").map((i) => option(q.id[i], q.label[i].replace(/^Constant: /, "")))),
    h("optgroup", { label: "Settings" }, data.settings.map(([name]) => option(`setting:${name}`, name))));
  return ["Trace a number",
    h("p", {}, "Choose any number in the report, or find it here by its digits or by words."),
    h("label", { for: "trace-search" }, "Number or words"), find, results,
    h("form", { onsubmit: (event) => { event.preventDefault(); location.hash = address(choice.value); } },
      h("h3", {}, "What changes if …"),
      h("label", { for: "trace-choice" }, "Extract, constant or setting"), choice,
      h("button", { type: "submit" }, "Show")),
    part("By keyboard", h("p", {}, "“Step through numbers” makes every number reachable: arrow keys move, Enter opens, Escape closes."))];
}

const ids = (kind) => q.id.map((_, i) => i).filter((i) => q.kind[i] === kind);
