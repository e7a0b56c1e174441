// What is searched: all of it, or one collection, one source, one format, one language, what was changed lately.
import { el } from './dom.js';
import { language, t } from './i18n.js';

const KINDS = ['pdf', 'docx', 'markdown', 'html', 'text', 'code'];
const LANGUAGES = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'ru', 'tr', 'ar', 'zh', 'ja', 'ko'];
const DAYS = [7, 30, 90, 365];
const DAY_MS = 86_400_000;

const chosen = { collection: '', sources: '', kinds: '', languages: '', days: '' };

/** The filters as the server takes them; nothing where nothing was chosen. */
export function filters() {
  const list = (value) => (value ? [value] : []);
  const given = { sources: list(chosen.sources), kinds: list(chosen.kinds), languages: list(chosen.languages) };
  if (chosen.collection) given.collection = chosen.collection;
  if (chosen.days) given.modified_after = Date.now() - chosen.days * DAY_MS;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !Array.isArray(value) || value.length));
}

const count = () => Object.values(chosen).filter(Boolean).length;

/** The choices, folded until they are wanted; `onChange` is called with every choice. */
export function narrow(sources, collections, onChange) {
  const heading = el('summary', {});
  const say = () => { heading.textContent = count() ? t('narrow_some', { number: String(count()) }) : t('narrow'); };
  const choice = (name, values) => {
    const select = el('select', { 'aria-label': t(`narrow.${name}`) },
      el('option', { value: '' }, t(`narrow.${name}`)),
      values.map(([value, words]) => el('option', { value, selected: chosen[name] === String(value) }, words)));
    select.addEventListener('change', () => {
      chosen[name] = select.value;
      say();
      onChange();
    });
    return select;
  };
  const tongues = new Intl.DisplayNames(language(), { type: 'language' });
  say();
  return el('details', { class: 'narrow', open: count() > 0 }, heading, el('div', { class: 'line' },
    collections.length > 0 && choice('collection', collections.map(({ name, title }) => [name, title])),
    sources.length > 1 && choice('sources', sources.map(({ id }) => [id, id])),
    choice('kinds', KINDS.map((kind) => [kind, t(`kind.${kind}`)])),
    choice('languages', LANGUAGES.map((tag) => [tag, tongues.of(tag)])),
    choice('days', DAYS.map((days) => [days, t('narrow_days', { count: days })]))));
}
