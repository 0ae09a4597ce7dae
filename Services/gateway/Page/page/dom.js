/** The element of the page with this id. */
export const byID = (id) => document.getElementById(id);

/** Says something to those who hear the page. */
export function announce(text) {
  byID("announcer").textContent = text;
}

/**
 * Makes an element. Text goes in as text nodes and nothing else: what people write is never read as markup.
 *
 * @param {string} tag
 * @param {object} properties of the element; `data` for its dataset, functions named `on…` as listeners
 * @param {...(Node|string|null)} children
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(element.dataset, value);
    else if (name === "label") element.setAttribute("aria-label", value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The round sign of a user: the first letter on a colour that is always the same for the same handle. */
export function avatar(user) {
  let hash = 0;
  for (const character of user) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  const sign = make("span", { className: `avatar hue-${hash % 8}` }, user.slice(0, 1).toUpperCase());
  sign.ariaHidden = "true";
  return sign;
}

/**
 * Makes `parent` hold exactly these rows in this order, keeping the nodes that are already right, and the focus.
 *
 * @param {Element} parent
 * @param {{key: string, version: string, build: () => Element}[]} rows a new `version` means: build it anew
 */
export function arrange(parent, rows) {
  const restoreFocus = focusIn(parent);
  const before = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  let next = parent.firstElementChild;
  for (const { key, version, build } of rows) {
    let node = before.get(key);
    before.delete(key);
    if (!node || node.dataset.version !== version) {
      const fresh = build();
      Object.assign(fresh.dataset, { key, version });
      if (node) {
        if (node === next) next = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === next) next = next.nextElementSibling;
    else parent.insertBefore(node, next);
  }
  for (const node of before.values()) node.remove();
  restoreFocus();
}

/** Remembers which control of which row has the focus; where that row is gone, the next one is given it. */
function focusIn(parent) {
  const focused = document.activeElement;
  const rows = [...parent.children];
  const row = parent.contains(focused) ? rows.find((each) => each.contains(focused)) : null;
  if (!row) return () => {};
  const [key, place, number] = [row.dataset.key, rows.indexOf(row), controlsOf(row).indexOf(focused)];
  return () => {
    if (document.activeElement === focused) return;
    const now = [...parent.children];
    const same = now.find((each) => each.dataset.key === key);
    const heir = same ?? now[Math.min(place, now.length - 1)];
    controlsOf(heir)[same ? number : 0]?.focus({ preventScroll: true });
  };
}

const controlsOf = (row) => [...(row?.querySelectorAll("a, button") ?? [])];
