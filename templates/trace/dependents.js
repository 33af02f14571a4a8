// What rests on a number, an extract or a setting; which numbers choose words

function restsOn(i) {
  const found = [...reach([i], above)].filter((one) => one !== i), setting = settingOf(q.id[i]);
  if (setting >= 0) return null; // the setting's own view knows what it shapes as well
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
    h("div", { class: "numbers" }, items(positions, 20)),
    opener?.dataset.w && opener.dataset.entry
      ? h("p", { class: "quiet" }, h("a", { href: opener.dataset.entry }, "The entry of the first in Appendix D")) : null];
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
  const own = q.id.map((_, i) => i).filter((i) => q.kind[i] === "setting" && settingOf(q.id[i]) === at);
  const seeds = q.id.map((_, i) => i).filter((i) => shaped[i].includes(at));
  const direct = reach(own, above).size - own.length;
  return [`Setting ${name}`,
    facts(["Value", value], ["Shapes", say(seeds.length, "number", "numbers")],
      own.length ? ["As a quantity", own.map((i) => h("div", {}, link(q.id[i], q.id[i])))] : null),
    part("What may change if this setting changes",
      h("p", { class: "quiet" }, `${say(direct, "number takes", "numbers take")} it through a formula. The others are counted by it or have a formula that it chooses, or rest on such numbers.`),
      changed([...reach([...seeds, ...own], above)].filter((i) => !own.includes(i))))];
}
