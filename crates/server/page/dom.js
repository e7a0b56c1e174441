// Builds elements. Data becomes text nodes and attribute values; nothing in the page ever parses data as markup.

/** An element. `props`: `class`, attributes (null and false leave one out, true sets it empty), and `on<event>` listeners. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value == null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name === 'class' ? 'class' : name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

/** The same in SVG. */
export function svg(tag, props = {}, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(props)) if (value != null) node.setAttribute(name, String(value));
  node.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Runs `work` once calls have ceased for `ms`. */
export function debounce(work, ms) {
  let timer;
  const later = (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), ms);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}

/** A dialog with buttons; resolves to the value of the one pressed, or to '' when it is closed otherwise. */
export function openDialog(title, body, buttons) {
  const dialog = byId('dialog');
  const form = el('form', { method: 'dialog' }, el('h2', {}, title), body,
    el('p', { class: 'buttons' }, buttons.map(({ value, label, kind }) => el('button', { value, class: kind }, label))));
  dialog.returnValue = '';
  dialog.replaceChildren(form);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true }));
}
