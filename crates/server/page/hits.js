// Passages as a list: title, where it stands, and the words that were found.
import { el } from './dom.js';
import { date, t } from './i18n.js';
import { Characters, pieces } from './text.js';

/** Address of a document opened at a span. */
export const documentLink = (id, [start, end] = []) => `#/doc/${encodeURIComponent(id)}${start == null ? '' : `?span=${start}-${end}`}`;

/** Where a passage stands: path, page, headings; and of a hit, how old its document is. */
export function place({ path, page, heading, title, modified }) {
  return el('p', { class: 'place' },
    el('span', { class: 'path' }, path),
    page != null && el('span', {}, t('page', { page })),
    heading && heading !== title && el('span', { class: 'heading' }, heading),
    modified != null && el('span', { class: 'date' }, t('modified', { date: date(modified) })));
}

/** A quote for a glance: of Markdown, without emphasis marks and link targets. The document itself shows it as it stands. */
export function glance({ quote, path }) {
  if (!/\.(md|markdown)$/i.test(path)) return quote;
  return quote.replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/\*\*|__|`/g, '');
}

const SHOWN = 320; // characters of a passage that four lines show

/** Where to begin showing a passage, so that as many of the words found as can be are seen; at the start if that does as well. */
function beginning(text, highlights) {
  const seen = (from) => highlights.filter(([start, end]) => start >= from && end <= from + SHOWN).length;
  let [best, most] = [0, seen(0)];
  for (const [start] of highlights) {
    const from = Math.max(0, start - SHOWN / 4);
    if (seen(from) > most) [best, most] = [from, seen(from)];
  }
  if (best === 0) return 0;
  const space = text.slice(best, best + 40).search(/\s/);
  return space < 0 ? best : best + new Characters(text.slice(best, best + 40).slice(0, space + 1)).length;
}

function snippet(hit) {
  const text = new Characters(hit.snippet);
  const highlights = hit.highlights ?? [];
  const from = beginning(text, highlights);
  return el('p', { class: 'snippet' }, from > 0 && '… ', pieces(from, text.length, [], highlights)
    .map(({ start, end, marked }) => (marked ? el('mark', {}, text.slice(start, end)) : text.slice(start, end))));
}

/** One list of hits. */
export function hitList(hits) {
  return el('ol', { class: 'hits' }, hits.map((hit, at) => el('li', { class: hits[at - 1]?.doc_id === hit.doc_id ? 'again' : null },
    el('a', { class: 'hit', href: documentLink(hit.doc_id, hit.span) },
      el('h3', {}, hit.title),
      place(hit),
      snippet(hit)))));
}
