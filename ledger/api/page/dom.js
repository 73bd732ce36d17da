// Elements made of text and attributes only: nothing that a source wrote is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

export const byId = (id) => document.getElementById(id);

const SITE = document.querySelector(".masthead .name").textContent;

export function entitle(text = null) {
  document.title = text ? `${text} – ${SITE}` : SITE;
}

export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Put new content in place without taking away what a reader holds: the focus, what is open, and sight of what changed.
export function replace(root, ...children) {
  const held = root.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = new Map(keyed(root, "details").map((each) => [each.dataset.key, each.open]));
  const before = new Map(keyed(root, "[data-key]").map((each) => [each.dataset.key, each.textContent]));
  root.replaceChildren(...children.flat(Infinity).filter(Boolean));
  for (const each of keyed(root, "details")) if (open.has(each.dataset.key)) each.open = open.get(each.dataset.key);
  for (const each of keyed(root, "[data-key]")) {
    const { key } = each.dataset;
    if (each.matches("a.figure") && before.has(key) && before.get(key) !== each.textContent) each.classList.add("changed");
    if (held && key === held) each.focus({ preventScroll: true });
  }
}

// Do something once an element comes near to what is seen, or is there now: what nobody looks at costs nothing.
export function whenSeen(element, act) {
  const sight = new IntersectionObserver((seen) => {
    if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
    sight.disconnect();
    act();
  }, { rootMargin: "300px" });
  sight.observe(element);
  return () => sight.disconnect();
}

const keyed = (root, selector) => [...root.querySelectorAll(selector)].filter((each) => each.dataset.key);
