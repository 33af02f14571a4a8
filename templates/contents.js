// The contents list shows where the reader is; without this script it is a plain list of links.
document.addEventListener("DOMContentLoaded", () => {
  const skip = document.querySelector(".skip"), nav = document.querySelector(".contents");
  if (skip) document.body.prepend(skip); // before what other scripts put in: the first stop of the Tab key
  if (!nav) return;

  const links = new Map([...nav.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const heads = [...document.querySelectorAll("main :is(h1, h2)[id]")].filter((head) => links.has(head.id));
  const passed = new Set();
  let current = null;

  // The reader is below the last heading that has passed the upper third of the window.
  const watch = new IntersectionObserver((changes) => {
    for (const { target, isIntersecting } of changes) passed[isIntersecting ? "add" : "delete"](target);
    show(links.get(heads.findLast((head) => passed.has(head))?.id));
  }, { rootMargin: "9999999px 0px -66% 0px" });
  heads.forEach((head) => watch.observe(head));

  function show(link) {
    if (link === current) return;
    current?.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "location");
    current = link;
    if (link && getComputedStyle(nav).position === "fixed") keepInView(link);
  }

  function keepInView(link) {
    const place = link.getBoundingClientRect(), frame = nav.getBoundingClientRect();
    if (place.top < frame.top || place.bottom > frame.bottom) nav.scrollTop += place.top - frame.top - frame.height / 3;
  }
});
