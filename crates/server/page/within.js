// Looking for words in the one document that is open.
import { search } from './api.js';
import { debounce, el } from './dom.js';
import { hitList } from './hits.js';
import { problemText, t } from './i18n.js';

const FOUND_MAX = 20;

/** A box, and below it the passages of this document that hold what is typed there. */
export function within({ doc_id: id, path }) {
  const places = el('div', { class: 'within-found', 'aria-live': 'polite' });
  const box = el('input', { type: 'search', maxlength: '4096', autocomplete: 'off', placeholder: t('within'), 'aria-label': t('within') });
  let looking = null;
  const look = debounce(async () => {
    looking?.abort();
    const words = box.value.trim();
    if (!words) return places.replaceChildren();
    const mine = looking = new AbortController();
    try {
      // A path can begin as another does, and stand in two sources: what is not of this document is left out.
      const { hits } = await search({ query: words, limit: FOUND_MAX, filters: { path_prefix: path } }, mine.signal);
      const own = hits.filter((hit) => hit.doc_id === id);
      places.replaceChildren(own.length ? hitList(own) : el('p', { class: 'none' }, t('within_none')));
    } catch (problem) {
      if (problem.name !== 'AbortError') places.replaceChildren(el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
    }
    return undefined;
  }, 200);
  box.addEventListener('input', look);
  return el('div', { class: 'within' }, box, places);
}
