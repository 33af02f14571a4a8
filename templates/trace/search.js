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

// Tables, figures and sections by their numbers or by words of their titles; that with the very number comes first.
function placesNamed(text) {
  const wanted = loose(text).trim(), words = wanted.split(/\s+/);
  const heads = [...document.querySelectorAll("main :is(h1, h2, h3)[id], main table[id] > caption, main figure[id] > figcaption")];
  return heads.map((head) => ({ head, id: head.id || head.parentElement.id, words: loose(head.textContent), number: loose(head.querySelector(".n")?.textContent ?? "") }))
    .filter((one) => one.number === wanted || `section ${one.number}` === wanted || words.every((word) => one.words.includes(word)))
    .map((one) => ({ ...one, own: one.number === wanted || `section ${one.number}` === wanted }))
    .sort((a, b) => b.own - a.own);
}

// "44%" is a number printed so, or printed as 44 where the head says per cent.
function shareOf(text) {
  const [, number] = loose(text).trim().match(/^\+?([-\d.]+) ?(?:%|per ?cent)$/) || [];
  const same = (i, form) => form.replace(/^\+|%$/g, "") === number && (form.endsWith("%") || q.unit[i].startsWith("per"));
  return number === undefined ? null : q.id.map((_, i) => i).filter((i) => (places.get(q.id[i]) || []).some((stop) => same(i, loose(stop.textContent))));
}

function foundBy(text) {
  const named = placesNamed(text), own = named[0]?.own && named[0].head.closest("table, figure");
  const within = own ? [...new Set([...own.querySelectorAll("[data-q]")].map((stop) => position.get(stop.dataset.q)))] : [];
  const share = shareOf(text) ?? [], others = search(text);
  return { named, numbers: [...new Set([...within, ...share, ...others])] };
}

function findView() {
  const results = h("div", { class: "numbers" });
  const find = h("input", { type: "search", id: "trace-search", autocomplete: "off", spellcheck: "false", oninput: show });
  function show() {
    const typed = find.value.trim(), page = typed.match(/^p(?:age|\.)? ?(\d+)$/i);
    const { named, numbers: found } = typed ? foundBy(typed) : { named: [], numbers: [] };
    const text = typed ? `${say(found.length, "number", "numbers")} found` : "";
    results.replaceChildren(
      page ? h("p", {}, "Pages are those of the PDF. What stands on one is listed by ", h("code", {}, `make trace ID="page ${page[1]}"`), ".") : "",
      named.length ? h("ul", { class: "named" }, named.slice(0, 8).map(({ head, id }) => h("li", {}, h("a", { href: `#${id}` }, head.textContent)))) : "",
      h("p", { class: "quiet" }, text + (found.length > 30 ? ", the first 30 shown" : "")),
      h("ul", {}, found.slice(0, 30).map((i) => item(i))));
    tell(text);
  }
  const option = (value, text) => h("option", { value }, text);
  const choice = h("select", { id: "trace-choice" },
    h("optgroup", { label: "Extracts" }, Object.keys(data.extracts).map((name) => option(`extract:${name}`, name))),
    h("optgroup", { label: "Constants" }, ids("constant").map((i) => option(q.id[i], q.label[i].replace(/^Constant: /, "")))),
    h("optgroup", { label: "Settings" }, data.settings.map(([name]) => option(`setting:${name}`, name))));
  return ["Trace a number",
    h("p", {}, "Choose any number in the report, or find it here by its digits, by words, or by the table, figure or section it stands in."),
    h("label", { for: "trace-search" }, "Number or words"), find, results,
    h("form", { onsubmit: (event) => { event.preventDefault(); location.hash = address(choice.value); } },
      h("h3", {}, "What changes if …"),
      h("label", { for: "trace-choice" }, "Extract, constant or setting"), choice,
      h("button", { type: "submit" }, "Show")),
    part("By keyboard", h("p", {}, "“Step through numbers” makes every number reachable: arrow keys move, Enter opens, Escape closes."))];
}

const ids = (kind) => q.id.map((_, i) => i).filter((i) => q.kind[i] === kind);
