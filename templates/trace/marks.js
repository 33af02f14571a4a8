// A mark at each heading, table and figure, whose address leads back to it; the citation of the page, to be copied

function offerMarks() {
  for (const head of document.querySelectorAll("main :is(h1, h2, h3)[id], main table[id] > caption, main figure[id] > figcaption")) {
    const id = head.id || head.parentElement.id, name = head.querySelector(".n")?.textContent || head.textContent;
    const called = /^\d/.test(name) ? `Section ${name}` : name;
    const mark = h("a", { class: "mark-here", href: `#${id}`, "aria-label": `Link to ${called}`, title: `Link to ${called}` });
    head.insertBefore(mark, head.querySelector(".measure"));
  }
}

function offerCitation() {
  const text = document.getElementById("citation");
  if (!text) return;
  text.after(" ", h("button", { type: "button", class: "copy", onclick: () => copied(text) }, "Copy the citation"));
}

// Where the browser lets a page fill the clipboard; else the citation is selected, for the reader to copy.
async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    tell("The citation is copied.");
  } catch {
    getSelection().selectAllChildren(element);
    tell("The citation is selected; copy it with the keyboard.");
  }
}
