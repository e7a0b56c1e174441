// Words of the interface in the reader's language: one catalogue a language, of which the page fetches the one it shows. All have the
// same keys, which a test holds them to.
const CATALOGUES = { en: () => import('./en.js'), de: () => import('./de.js') };
const KEPT = 'pinakes.language';
let current = 'en';
let words = {};
let plural = new Intl.PluralRules('en');

export const languages = Object.keys(CATALOGUES);
export const language = () => current;

/** The text of a key, `{name}`s filled in. With a `count`, the form that fits it (`key.one`, `key.other`). */
export function t(key, values = {}) {
  const form = 'count' in values ? `${key}.${plural.select(values.count)}` : key;
  const text = words[form] ?? words[`${key}.other`] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
}

export const has = (key) => key in words;
export const number = (value) => value.toLocaleString(current);
export const date = (ms) => new Date(ms).toLocaleDateString(current, { year: 'numeric', month: 'short', day: 'numeric' });

export function bytes(size) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  const step = size > 0 ? Math.min(Math.floor(Math.log10(size) / 3), units.length - 1) : 0;
  return new Intl.NumberFormat(current, { style: 'unit', unit: units[step], unitDisplay: 'narrow', maximumFractionDigits: step ? 1 : 0 })
    .format(size / 1000 ** step);
}

/** What went wrong, in words: ours where we have them, else the server's. */
export function problemText(problem) {
  const key = `problem.${problem.code}`;
  return has(key) ? t(key, { detail: problem.detail, seconds: problem.retryAfter ?? '' }) : problem.detail || t('problem.internal');
}

/** The language kept, else the browser's first that we have. */
export async function chooseLanguage() {
  let kept = null;
  try { kept = localStorage.getItem(KEPT); } catch { /* storage is off: the choice lasts as long as the page */ }
  const wished = [kept, ...(navigator.languages ?? [navigator.language])];
  await setLanguage(wished.map((tag) => tag?.slice(0, 2)).find((tag) => tag in CATALOGUES) ?? 'en');
}

/** Fetches a language's words and puts them in; fails where they cannot be had, and the page stays as it was. */
export async function setLanguage(tag, keep = false) {
  words = (await CATALOGUES[tag]()).default;
  current = tag;
  plural = new Intl.PluralRules(tag);
  document.documentElement.lang = tag;
  if (keep) { try { localStorage.setItem(KEPT, tag); } catch { /* as above */ } }
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-label]')) node.setAttribute('aria-label', t(node.dataset.label));
  for (const node of document.querySelectorAll('[data-placeholder]')) node.setAttribute('placeholder', t(node.dataset.placeholder));
}
