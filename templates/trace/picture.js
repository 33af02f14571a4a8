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
