// Start, once all that stands before is known

// A wide table or figure scrolls by itself on a narrow screen: the keyboard must reach it.
function reachScrollers() {
  for (const box of document.querySelectorAll("main div.exhibit, main .drawing")) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    const called = (box.querySelector("caption") ?? box.parentElement.querySelector("figcaption"))?.textContent || "Table";
    for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", called]]) {
      if (scrolls) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
    keepHeads(box);
  }
}

// Heads of rows stay in view while a table scrolls: of two beside each other the second where the first ends or, where
// both would fill the screen, in the first one's place. Long ones are broken.
function keepHeads(box) {
  const heads = [...box.querySelectorAll("tbody th:not([colspan])")];
  box.classList.remove("long-heads");
  box.classList.toggle("long-heads", heads.some((head) => head.offsetWidth > 0.42 * box.clientWidth));
  const group = box.querySelector("th.group"), inner = box.querySelector("th.inner");
  if (!group || !inner) return;
  const wide = group.offsetWidth, both = wide + inner.offsetWidth;
  for (const head of box.querySelectorAll("th.inner")) head.style.left = both < box.clientWidth / 2 ? `${wide}px` : "0";
}

document.body.classList.add("traceable");
document.body.prepend(tools, live);
document.body.append(panel);
document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey);
addEventListener("hashchange", route);
for (const event of ["resize", "load"]) addEventListener(event, reachScrollers); // figures have their size when loaded
offerTables();
offerSorting();
offerMarks();
offerCitation();
reachScrollers();
route();
