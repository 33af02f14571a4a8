// The panel that shows how a number of the report came to be. All that it shows is in the page; nothing is fetched.
// #trace=<id> is a quantity; #trace=words:<id>,<id> words that rest on several; #trace=extract:<name> and
// #trace=setting:<path> list what rests on one; #trace=find is the search.
document.addEventListener("DOMContentLoaded", () => {
  "use strict";

  const data = JSON.parse(document.getElementById("trace-data").textContent);
  const column = (name) => (Array.isArray(data[name]) ? data[name] : data[name].at.map((k) => data[name].of[k]));
  const q = Object.fromEntries(
    ["id", "label", "value", "unit", "kind", "formula", "filled", "inputs", "rule", "function", "source", "reads",
      "filter", "rows", "note"].map((name) => [name, column(name)]),
  );
  const reads = q.reads.map((names) => names.split(" ").filter(Boolean));
  const position = new Map(q.id.map((id, i) => [id, i]));
  const below = q.inputs.map((named) => [...new Set(named.flatMap(([, ids]) => ids))]);
  const above = q.id.map(() => []);
  below.forEach((inputs, i) => inputs.forEach((one) => above[one].push(i)));
  const KINDS = { records: "counted records", constant: "cited constant", setting: "setting", derived: "computed" };
  const NUMBERS = "[data-q], [data-w]";
  const say = (number, one, many) => `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;

  // Elements

  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null) element.setAttribute(name, value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
    return element;
  }

  function s(tag, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const address = (key) => "#trace=" + encodeURIComponent(key).replace(/%3A/g, ":").replace(/%2C/g, ",");
  const link = (key, ...text) => h("a", { href: address(key) }, ...text);
  const part = (title, ...content) => h("section", {}, h("h3", {}, title), ...content);
  const more = (title, ...content) => h("details", {}, h("summary", {}, title), ...content);
  const facts = (...pairs) =>
    h("dl", {}, pairs.filter(Boolean).map(([name, ...value]) => [h("dt", {}, name), h("dd", {}, ...value)]));

  // Where the report prints a quantity

  // A number's link to Appendix D gives way to the panel, which has the link; without this script it stays.
  function unlink() {
    for (const anchor of document.querySelectorAll("[data-q] > a.o")) {
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
  const printed = (i) => (places.has(q.id[i]) ? places.get(q.id[i])[0].textContent : q.value[i]);
  const keyOf = (stop) => stop.dataset.q || "words:" + stop.dataset.w.split(" ").join(",");

  // Columns are counted from the right: a row's first head may span several rows.
  function columnHeads(cell) {
    const right = cell.parentElement.cells.length - 1 - cell.cellIndex;
    return [...cell.closest("table").tHead.rows].map((row) => {
      const spread = [...row.cells].flatMap((one) => Array(one.colSpan).fill(one));
      const head = spread[spread.length - 1 - right];
      return [...head.childNodes].filter((one) => one.className !== "unit").map((one) => one.textContent).join("");
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

  // Trails

  function reach(start, next) {
    const found = new Set(start), todo = [...start];
    while (todo.length) for (const one of next[todo.pop()]) if (!found.has(one)) found.add(one), todo.push(one);
    return found;
  }

  const settingOf = (id) => data.settings.findIndex(([path]) => `${id}.`.startsWith(`setting.${path}.`));
  function givenTo(i) {
    if (q.kind[i] === "setting") return [settingOf(q.id[i])].filter((one) => one >= 0);
    return (data.given[q.rule[i]] || [[], []])[q.kind[i] === "records" ? 1 : 0];
  }

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
    h("a", { href: "#trace=find" }, "Trace a number"), stepping);
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

  // Views

  const amount = (i) => [q.value[i], q.unit[i]].filter(Boolean).join(" ");
  const item = (i, name) =>
    h("li", { class: q.kind[i] }, link(q.id[i], h("b", {}, printed(i)), h("span", {}, name ? h("code", {}, name, " ") : "", q.label[i])));
  const items = (positions, shown = 12) => long(positions.map((i) => item(i)), shown, "numbers");

  function numberView(i) {
    const at = places.get(q.id[i]) || [];
    const shown = opener?.dataset.q === q.id[i] ? opener.textContent : printed(i);
    const on = at.length
      ? part("Printed in", placeList(at), entryOf(at))
      : h("p", { class: "quiet" }, "The report does not print this number itself.");
    return [
      q.label[i],
      h("p", { class: "number" }, h("b", {}, shown), h("span", {}, shown === amount(i) ? "" : `unrounded ${amount(i)}`)),
      h("p", { class: "quiet" }, h("code", {}, q.id[i]), ` · ${KINDS[q.kind[i]]}`),
      q.note[i] ? h("p", { class: "note" }, h("b", {}, "Note. "), q.note[i]) : null,
      computed(i), counted(i), leaf(i), picture(i), codeOf(i), settingsBelow(i), on, restsOn(i),
    ];
  }

  function entryOf(at) {
    const entry = at.find((stop) => stop.dataset.entry)?.dataset.entry;
    return entry ? h("p", { class: "quiet" }, h("a", { href: entry }, "Its entry in Appendix D")) : null;
  }

  function computed(i) {
    if (!q.formula[i]) return null;
    const inputs = q.inputs[i].flatMap(([name, ids]) => ids.map((one) => item(one, name)));
    return [
      part("How it is computed", facts(["Formula", h("code", {}, q.formula[i])],
        ["With values", h("code", {}, q.filled[i]), ` = ${q.value[i]}`])),
      part("From", h("div", { class: "numbers" }, long(inputs, 12, "inputs"))),
    ];
  }

  function counted(i) {
    if (q.kind[i] !== "records") return null;
    const [own, ...also] = reads[i];
    const files = (name) => data.extracts[name] || [];
    return part("From the records", facts(
      ["Extract", link(`extract:${own}`, own)],
      [files(own).length === 1 ? "File" : "Files", fileList(files(own))],
      ["Records", q.filter[i]],
      ["Rows", q.rows[i] === null ? "not stated" : q.rows[i].toLocaleString("en-GB")],
      ...also.map((name) => ["Read with", link(`extract:${name}`, name), fileList(files(name))])));
  }

  const fileList = (files) => files.map(([name, sum]) =>
    h("div", {}, name, h("div", { class: "sum" }, sum ? `SHA-256 ${sum}` : "its checksum is in the run record")));

  function leaf(i) {
    if (q.kind[i] === "constant") return part("Cited from", h("p", {}, q.source[i]));
    if (q.kind[i] !== "setting") return null;
    const name = data.settings[settingOf(q.id[i])]?.[0];
    return part("Set in", h("p", {}, "config.yaml", name ? [", ", name] : ""),
      name ? h("p", {}, link(`setting:${name}`, "What changes if this setting changes")) : null);
  }

  function codeOf(i) {
    return part("What computed it", facts(
      ["Rule", h("code", {}, q.rule[i])],
      ["Function", h("code", {}, q.function[i])],
      ["Defined in", q.source[i] === "text" ? "the text of the report" : q.source[i]],
      data.versions[q.rule[i]] && ["Code version", h("code", {}, data.versions[q.rule[i]])]));
  }

  function settingsBelow(i) {
    const path = [...reach([i], below)];
    const direct = new Set(path.filter((one) => q.kind[one] === "setting").map((one) => settingOf(q.id[one])));
    const all = [...new Set(path.flatMap(givenTo))].sort((a, b) => a - b);
    if (!all.length) return part("Settings", h("p", {}, "No setting of the config is on its path."));
    const groups = Object.groupBy(all.filter((one) => !direct.has(one)), (one) => data.settings[one][0].split(".")[0]);
    const list = (chosen) => facts(...chosen.map((one) => {
      const [name, value] = data.settings[one];
      return [link(`setting:${name}`, name), value];
    }));
    return part("Settings that matter",
      direct.size ? list([...direct].filter((one) => one >= 0)) : h("p", {}, "None stands in a formula on its path."),
      Object.keys(groups).length ? h("p", { class: "quiet" }, "Given to the rules on its path:") : null,
      Object.entries(groups).map(([name, group]) => more(`${name} (${group.length})`, list(group))));
  }

  function restsOn(i) {
    const found = [...reach([i], above)].filter((one) => one !== i), setting = settingOf(q.id[i]);
    if (setting >= 0) return null; // the setting's own view knows the rules that are given it as well
    if (!found.length) return part("What changes if this changes", h("p", {}, "Nothing else rests on this number."));
    return part("What changes if this changes", changed(found));
  }

  function changed(found) {
    const inPrint = found.filter((i) => places.has(q.id[i])).sort((a, b) => a - b);
    const groups = new Map();
    for (const stop of inPrint.flatMap((i) => places.get(q.id[i])).sort((a, b) => order.get(a) - order.get(b))) {
      const exhibit = exhibitOf(stop);
      groups.set(exhibit, (groups.get(exhibit) || new Set()).add(position.get(stop.dataset.q)));
    }
    const hidden = found.length - inPrint.length;
    return [
      h("p", {}, say(inPrint.length, "printed number", "printed numbers"),
        hidden ? `, and ${say(hidden, "step", "steps")} between that the report does not print.` : "."),
      [...groups].map(([exhibit, group]) => {
        const details = more(`${exhibit} (${group.size})`);
        details.addEventListener("toggle", () => {
          if (details.open && details.childElementCount === 1) details.append(h("div", { class: "numbers" }, h("ul", {}, [...group].map((i) => item(i)))));
        });
        return details;
      }),
    ];
  }

  function wordsView(positions) {
    return ["Words that follow from numbers",
      opener?.dataset.w ? h("p", { class: "number words" }, h("b", {}, `“${opener.textContent}”`)) : null,
      h("p", {}, `These words are chosen by ${say(positions.length, "number", "numbers")}:`),
      h("div", { class: "numbers" }, items(positions, 20))];
  }

  function extractView(name) {
    const seeds = q.id.map((_, i) => i).filter((i) => reads[i].includes(name));
    const found = [...reach(seeds, above)];
    return [`Extract ${name}`,
      facts(["Files", fileList(data.extracts[name])], ["Counted or fitted", say(seeds.length, "number rests on its rows", "numbers rest on its rows")]),
      part("What changes if this extract changes", changed(found))];
  }

  function settingView(at) {
    const [name, value] = data.settings[at];
    const rules = Object.keys(data.given).filter((rule) => data.given[rule][0].includes(at));
    const own = q.id.map((_, i) => i).filter((i) => q.kind[i] === "setting" && settingOf(q.id[i]) === at);
    const seeds = q.id.map((_, i) => i).filter((i) => givenTo(i).includes(at));
    const direct = reach(own, above).size - own.length;
    return [`Setting ${name}`,
      facts(["Value", value], ["Rules that are given it", rules.join(", ") || "none"],
        own.length ? ["As a quantity", own.map((i) => h("div", {}, link(q.id[i], q.id[i])))] : null),
      part("What may change if this setting changes",
        h("p", { class: "quiet" }, `${say(direct, "number takes", "numbers take")} it through a formula. The others are made by rules that are given it, or rest on numbers of such rules.`),
        changed([...reach(seeds, above)].filter((i) => !own.includes(i))))];
  }

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

  // Picture: the number on the left, what it rests on to the right, never more than a few boxes in a layer

  function layersOf(i) {
    const layers = [[i]], seen = new Set([i]);
    while (true) {
      const next = [...new Set(layers.at(-1).flatMap((one) => below[one]))].filter((one) => !seen.has(one));
      if (!next.length) return layers;
      next.forEach((one) => seen.add(one));
      layers.push(next);
    }
  }

  function picture(i) {
    if (!below[i].length) return null;
    const layers = layersOf(i), drawn = layers.map((layer) => layer.slice(0, layer.length > 5 ? 4 : 5));
    const wide = 122, high = 38, across = 44, down = 10;
    const rows = Math.max(...drawn.map((layer, k) => layer.length + (layers[k].length > layer.length ? 1 : 0)));
    const size = { width: layers.length * (wide + across) - across + 4, height: rows * (high + down) - down + 4 };
    const at = new Map();
    drawn.forEach((layer, k) => {
      const boxes = layer.length + (layers[k].length > layer.length ? 1 : 0);
      const top = 2 + (size.height - 4 - boxes * (high + down) + down) / 2;
      layer.forEach((one, n) => at.set(one, { x: 2 + k * (wide + across), y: top + n * (high + down), k }));
      if (boxes > layer.length) at.set(`rest${k}`, { x: 2 + k * (wide + across), y: top + layer.length * (high + down), k });
    });
    const lines = drawn.flat().flatMap((one) => below[one].filter((to) => at.get(to)?.k === at.get(one).k + 1).map((to) => {
      const from = at.get(one), end = at.get(to), x = from.x + wide, middle = high / 2;
      return s("path", { d: `M${x} ${from.y + middle}C${x + across / 2} ${from.y + middle} ${end.x - across / 2} ${end.y + middle} ${end.x} ${end.y + middle}` });
    }));
    const boxes = [...at].map(([one, { x, y, k }]) => box(one, x, y, wide, high, layers[k].length - drawn[k].length));
    const text = summary(layers);
    const drawing = s("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}`, role: "img", "aria-label": `Path of ${q.label[i]}. ${text}` }, ...lines, ...boxes);
    return part("Its path", h("div", { class: "picture", role: "group", "aria-label": "Picture of the path" }, drawing),
      h("p", { class: "quiet" }, text),
      more("The path as a list", layers.map((layer, k) => [h("p", { class: "quiet" }, k ? `${say(k, "step", "steps")} below` : "The number"),
        h("div", { class: "numbers" }, items(layer, 6))])));
  }

  function box(one, x, y, wide, high, rest) {
    const label = (text, dy, name) => s("text", { x: x + 7, y: y + dy, class: name }, text);
    if (typeof one === "string") return s("g", { class: "rest" }, s("rect", { x, y, width: wide, height: high, rx: 3 }), label(`and ${rest} more`, 23, "small"));
    const last = q.label[one].replace(/^[^:]*: /, "");
    const short = last.length > 21 ? last.slice(0, 20) + "…" : last;
    const group = s("g", { class: q.kind[one] }, s("title", {}, `${q.label[one]}: ${amount(one)}`),
      s("rect", { x, y, width: wide, height: high, rx: q.kind[one] === "derived" ? 3 : 12 }), label(printed(one).slice(0, 16), 16, "big"), label(short, 30, "small"));
    group.addEventListener("click", () => { location.hash = address(q.id[one]); });
    return group;
  }

  function summary(layers) {
    const kinds = Object.groupBy(layers.flat(), (one) => q.kind[one]);
    const names = { derived: ["computed number", "computed numbers"], records: ["count or fit of records", "counts or fits of records"],
      constant: ["cited constant", "cited constants"], setting: ["setting", "settings"] };
    const found = Object.keys(names).filter((kind) => kinds[kind]).map((kind) => say(kinds[kind].length, ...names[kind]));
    return `${found.join(", ")}, in ${say(layers.length, "layer", "layers")}; the number is on the left.`;
  }

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

  // A wide table scrolls by itself on a narrow screen: the keyboard must reach it.
  function reachScrollers() {
    for (const box of document.querySelectorAll("main div.exhibit")) {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", box.querySelector("caption")?.textContent || "Table"]]) {
        if (scrolls) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  }

  document.body.classList.add("traceable");
  document.body.prepend(tools, live);
  document.body.append(panel);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", route);
  addEventListener("resize", reachScrollers);
  reachScrollers();
  route();
});
