// Elements of the page, of the panel and of pictures

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
