// Passages as a list: title, where it stands, and the words that were found.
import { el } from './dom.js';
import { t } from './i18n.js';
import { Characters, pieces } from './text.js';

/** Address of a document opened at a span. */
export const documentLink = (id, [start, end] = []) => `#/doc/${encodeURIComponent(id)}${start == null ? '' : `?span=${start}-${end}`}`;

/** Where a passage stands: path, page, headings. */
export function place({ path, page, heading }) {
  return el('p', { class: 'place' },
    el('span', { class: 'path' }, path),
    page != null && el('span', {}, t('page', { page })),
    heading && el('span', { class: 'heading' }, heading));
}

/** A quote for a glance: of Markdown, without emphasis marks and link targets. The document itself shows it as it stands. */
export function glance({ quote, path }) {
  if (!/\.(md|markdown)$/i.test(path)) return quote;
  return quote.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*|__|`/g, '');
}

function snippet(hit) {
  const text = new Characters(hit.snippet);
  return el('p', { class: 'snippet' }, pieces(0, text.length, [], hit.highlights ?? [])
    .map(({ start, end, marked }) => (marked ? el('mark', {}, text.slice(start, end)) : text.slice(start, end))));
}

/** One list of hits. */
export function hitList(hits) {
  return el('ol', { class: 'hits' }, hits.map((hit) => el('li', {},
    el('a', { class: 'hit', href: documentLink(hit.doc_id, hit.span) },
      el('h3', {}, hit.title),
      place(hit),
      snippet(hit)))));
}
