// What is said of a single number

const amount = (i) => [q.value[i], q.unit[i]].filter(Boolean).join(" ");
const item = (i, name) =>
  h("li", { class: q.kind[i] }, link(q.id[i], h("b", {}, printed(i)), h("span", {}, name ? h("code", {}, name, " ") : "", q.label[i])));
const items = (positions, shown = 12) => long(positions.map((i) => item(i)), shown, "numbers");

function numberView(i) {
  const at = places.get(q.id[i]) || [];
  const chosen = opener?.dataset.q === q.id[i] && signed(i, opener.textContent);
  const shown = chosen ? opener.textContent : printed(i);
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
  const all = [...new Set(path.flatMap(settingsOf))].sort((a, b) => a - b);
  if (!all.length) return part("Settings", h("p", {}, "No setting of the config is on its path."));
  const groups = Object.groupBy(all.filter((one) => !direct.has(one)), (one) => data.settings[one][0].split(".")[0]);
  const list = (chosen) => facts(...chosen.map((one) => {
    const [name, value] = data.settings[one];
    return [link(`setting:${name}`, name), value];
  }));
  return part("Settings that matter",
    direct.size ? list([...direct].filter((one) => one >= 0)) : h("p", {}, "None stands in a formula on its path."),
    Object.keys(groups).length ? h("p", { class: "quiet" }, "They decide which records are counted, or which formula is used:") : null,
    Object.entries(groups).map(([name, group]) => more(`${name} (${group.length})`, list(group))));
}
