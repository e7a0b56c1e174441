// An answer as it arrives: words, numbered citations, what was searched; or a refusal with the nearest passages.
import { el } from './dom.js';
import { documentLink, glance, hitList, place } from './hits.js';
import { t } from './i18n.js';
import { previewOn } from './preview.js';
import { Characters } from './text.js';

/** An answer before anything of it has come. */
export const fresh = (question) => ({
  question, text: '', citations: [], retrieval: null, done: null, problem: null, stopped: false,
});

/** Takes one event of the stream in. */
export function take(state, event) {
  if (event.event === 'retrieval') state.retrieval = event;
  else if (event.event === 'delta') state.text += event.text;
  else if (event.event === 'citation') state.citations.push(event);
  else if (event.event === 'error') state.problem = event;
  else if (event.event === 'done') {
    state.done = event;
    state.text = event.answer;
    state.citations = event.citations;
  }
}

const label = ({ marker, title, page }) => t(page == null ? 'citation' : 'citation_page', { marker: String(marker), title, page: String(page) });

function chip(citation) {
  const link = el('a', { class: `chip ${citation.support}`, href: documentLink(citation.doc_id, citation.char_span), 'aria-label': label(citation) },
    String(citation.marker));
  previewOn(link, citation);
  return link;
}

/** The words with a chip after each part that a citation stands for. A marker the text carries itself, such as [1], gives way to its chip. */
function body(state) {
  const text = new Characters(state.text);
  const ordered = [...state.citations].sort((a, b) => a.answer_span[1] - b.answer_span[1] || a.marker - b.marker);
  const parts = [];
  let at = 0;
  for (const citation of ordered) {
    const end = Math.max(at, Math.min(citation.answer_span[1], text.length));
    const own = `[${citation.marker}]`;
    const words = text.slice(at, end);
    parts.push(words.endsWith(own) ? words.slice(0, -own.length).trimEnd() : words);
    at = end;
    const gap = /^\s*/.exec(text.slice(at, at + 2))[0].length;
    if (text.slice(at + gap, at + gap + own.length) === own) at += gap + own.length;
    parts.push(chip(citation));
  }
  parts.push(text.slice(at, text.length));
  return el('p', { class: 'words' }, parts);
}

/** The citations once more as a list, for those who cannot hover: one line a marker. */
function sources(citations) {
  const byMarker = new Map();
  for (const citation of citations) if (!byMarker.has(citation.marker)) byMarker.set(citation.marker, citation);
  if (!byMarker.size) return null;
  return el('section', { class: 'sources', 'aria-label': t('sources') },
    el('h3', {}, t('sources')),
    el('ol', {}, [...byMarker.values()].sort((a, b) => a.marker - b.marker).map((citation) => el('li', {},
      el('a', { href: documentLink(citation.doc_id, citation.char_span), title: t('open_at_quote') },
        el('span', { class: 'chip', 'aria-hidden': 'true' }, String(citation.marker)),
        el('span', { class: 'source' },
          el('span', { class: 'title' }, citation.title), place(citation),
          el('q', {}, glance(citation))))))));
}

function footnote({ done, retrieval }) {
  const searched = done?.searched ?? retrieval?.searched;
  if (!searched) return null;
  const parts = [t('searched', searched)];
  if (done) parts.push(t('took', { seconds: Math.round(done.timings.total_ms / 10) / 100 }));
  return el('p', { class: 'searched' }, parts.join(' · '));
}

function origin({ done }) {
  if (!done || done.refused) return null;
  return el('p', { class: 'origin' }, done.extractive ? t('extractive') : t('generated', { model: done.model }));
}

/** The whole answer card. `problem` is shown by the caller's words. */
export function render(state, problemWords) {
  const waiting = !state.done && !state.problem && !state.stopped;
  if (state.done?.refused) {
    const { nearest } = state.done;
    return [
      el('article', { class: 'answer refused' },
        el('h2', {}, t('refused')),
        !state.done.extractive && el('p', { class: 'words' }, state.text),
        footnote(state)),
      nearest.length > 0 && el('section', { class: 'behind' }, el('h2', { class: 'small' }, t('nearest')), hitList(nearest)),
    ].filter(Boolean);
  }
  const behind = state.retrieval?.hits ?? [];
  return [
    el('article', { class: `answer${waiting ? ' waiting' : ''}`, 'aria-busy': String(waiting) },
      el('h2', { class: 'unseen' }, t('answer')),
      state.text ? body(state) : waiting && el('p', { class: 'pending' }, t('answering')),
      state.stopped && el('p', { class: 'notice' }, t('stopped')),
      state.problem && el('p', { class: 'notice problem', role: 'alert' }, problemWords),
      origin(state), sources(state.citations), footnote(state)),
    behind.length > 0 && el('section', { class: 'behind' }, el('h2', { class: 'small' }, t('evidence')), hitList(behind)),
  ].filter(Boolean);
}
