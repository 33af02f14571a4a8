// Start, once all that stands before is known

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
offerTables();
reachScrollers();
route();
