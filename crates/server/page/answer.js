// An answer as it arrives: words, numbered citations, what was searched and read; or a refusal with the nearest passages.
import { el } from './dom.js';
import { documentLink, glance, hitList, place } from './hits.js';
import { t } from './i18n.js';
import { previewOn } from './preview.js';
import { Characters, pieces } from './text.js';

/** An answer before anything of it has come. */
export const fresh = (question) => ({
  question, text: '', reasoning: '', citations: [], retrieval: null, done: null, problem: null, stopped: false,
});

/** Takes one event of the stream in. */
export function take(state, event) {
  if (event.event === 'retrieval') state.retrieval = event;
  else if (event.event === 'reasoning') state.reasoning += event.text;
  else if (event.event === 'delta') state.text += event.text;
  else if (event.event === 'citation') state.citations.push(event);
  else if (event.event === 'error') state.problem = event;
  else if (event.event === 'done') {
    state.done = event;
    state.text = event.answer;
    state.citations = event.citations;
  }
}

const label = ({ marker, title, page, state }) => [
  t(page == null ? 'citation' : 'citation_page', { marker: String(marker), title, page: String(page) }), state && t(`source.${state}`)].filter(Boolean).join('. ');

function chip(citation) {
  const link = el('a', { class: `chip ${citation.support} ${citation.state ?? ''}`, href: documentLink(citation.doc_id, citation.char_span), 'aria-label': label(citation) },
    String(citation.marker));
  previewOn(link, citation);
  return link;
}

/** Words, those of sentences that no quotation bears out told apart: for the eye, and in words for those who hear the page. */
function spoken(text, start, end, unsupported) {
  return pieces(start, end, [], unsupported).map((piece) => {
    const words = text.slice(piece.start, piece.end);
    return piece.marked && words.trim() ? el('span', { class: 'unsupported', title: t('unsupported') }, words) : words;
  });
}

/** The words with a chip after each part that a citation stands for. A marker the text carries itself, such as [1], gives way to its chip. */
function body(state) {
  const text = new Characters(state.text);
  const unsupported = (state.done?.sentences ?? []).filter(({ support }) => support === 'none').map(({ span }) => span);
  const ordered = [...state.citations].sort((a, b) => a.answer_span[1] - b.answer_span[1] || a.marker - b.marker);
  const parts = [];
  let at = 0;
  for (const citation of ordered) {
    const end = Math.max(at, Math.min(citation.answer_span[1], text.length));
    const own = `[${citation.marker}]`;
    const cut = text.slice(at, end).endsWith(own) ? end - own.length : end;
    parts.push(spoken(text, at, cut, unsupported));
    at = end;
    const gap = /^\s*/.exec(text.slice(at, at + 2))[0].length;
    if (text.slice(at + gap, at + gap + own.length) === own) at += gap + own.length;
    parts.push(chip(citation));
  }
  parts.push(spoken(text, at, text.length, unsupported));
  return [el('p', { class: 'words' }, parts), unsupported.length > 0 && el('p', { class: 'remark' }, t('unsupported_some'))];
}

/** The citations once more as a list, for those who cannot hover: one line a marker, which shows what has become of any of its citations. */
function sources({ citations }) {
  const byMarker = new Map();
  for (const citation of citations) if (!byMarker.has(citation.marker) || citation.state) byMarker.set(citation.marker, citation);
  if (!byMarker.size) return null;
  // No landmark: in a conversation there are several such lists.
  return el('div', { class: 'sources', role: 'group', 'aria-label': t('sources') },
    el('h3', {}, t('sources')),
    el('ol', {}, [...byMarker.values()].sort((a, b) => a.marker - b.marker).map((citation) => el('li', {},
      el('a', { href: documentLink(citation.doc_id, citation.char_span), title: t('open_at_quote') },
        el('span', { class: 'chip', 'aria-hidden': 'true' }, String(citation.marker)),
        el('span', { class: 'source' },
          el('span', { class: 'title' }, citation.title), place(citation), citation.state && el('span', { class: 'stale' }, t(`source.${citation.state}`)),
          el('q', {}, glance(citation))))))));
}

/** What the model said to itself first, folded. */
const reasoning = ({ reasoning: words }) => words && el('details', { class: 'reasoning' }, el('summary', {}, t('reasoning')), el('p', {}, words));

/** What was read for the answer, and what was found and left out. */
function reading({ done }) {
  if (!done?.sources?.length) return null;
  const extent = (source) => {
    const share = source.chars_total ? Math.round((100 * source.chars_read) / source.chars_total) : 0;
    return [t(`extent.${source.extent}`, { share }), source.superseded && t('superseded')].filter(Boolean).join(' · ');
  };
  return el('details', { class: 'read' }, el('summary', {}, t('read', { count: done.sources.filter(({ number }) => number > 0).length })),
    el('ul', {}, done.sources.map((source) => el('li', { class: source.extent },
      el('a', { href: documentLink(source.doc_id) }, source.title), ' ', el('span', { class: 'place' }, extent(source))))));
}

const remarks = ({ done }) => (done?.notes ?? []).map((note) => el('p', { class: 'notice' }, note));

/** The answer as plain text: its words with their markers, and below them what each marker stands for. */
function plain(state) {
  const seen = new Map(state.citations.map((citation) => [citation.marker, citation]));
  const lines = [...seen.values()].sort((a, b) => a.marker - b.marker).map(({ marker, title, path, page, quote }) =>
    `[${marker}] ${title} (${path}${page == null ? '' : `, ${t('page', { page })}`}): “${quote.replace(/\s+/g, ' ')}”`);
  return [state.text, ...(lines.length ? ['', ...lines] : [])].join('\n');
}

async function copy(event, state) {
  const button = event.currentTarget;
  // Browsers refuse it where the page did not come by https, or when they were told to.
  const copied = await navigator.clipboard?.writeText(plain(state)).then(() => true, () => false);
  button.textContent = t(copied ? 'copied' : 'copy_refused');
  setTimeout(() => { button.textContent = t('copy'); }, 1500);
}

/** What can be done with an answer that is over. `again` asks once more. */
const tools = (state, again) => el('p', { class: 'tools' },
  state.text && el('button', { type: 'button', class: 'quiet', onclick: (event) => copy(event, state) }, t('copy')),
  el('button', { type: 'button', class: 'quiet', onclick: again }, t(state.problem || state.stopped ? 'retry' : 'again')));

function footnote({ done, retrieval }) {
  const searched = done?.searched ?? retrieval?.searched;
  if (!searched) return null;
  const parts = [t('searched', searched)];
  if (done?.queries?.length) parts.push(t('searched_for', { queries: done.queries.map((query) => `“${query}”`).join(', ') }));
  if (done) parts.push(t('took', { seconds: Math.round(done.timings.total_ms / 10) / 100 }));
  return el('p', { class: 'searched' }, parts.join(' · '));
}

function origin({ done }) {
  if (!done || done.refused) return null;
  const elsewhere = done.sent_to && t('sent_to', { host: done.sent_to });
  return el('p', { class: 'origin' }, done.extractive ? t('extractive') : t('generated', { model: done.model }), elsewhere && ` ${elsewhere}`);
}

/** The whole answer card. `problem` is shown by the caller's words; `again` asks once more. */
export function render(state, problemWords, again) {
  const waiting = !state.done && !state.problem && !state.stopped;
  if (state.done?.refused) {
    const { nearest } = state.done;
    return [
      el('article', { class: 'answer refused' },
        el('h2', {}, t('refused')),
        !state.done.extractive && el('p', { class: 'words' }, state.text),
        remarks(state), footnote(state), tools(state, again)),
      nearest.length > 0 && el('section', { class: 'behind' }, el('h2', { class: 'small' }, t('nearest')), hitList(nearest)),
    ].filter(Boolean);
  }
  const behind = state.retrieval?.hits ?? [];
  return [
    el('article', { class: `answer${waiting ? ' waiting' : ''}`, 'aria-busy': String(waiting) },
      el('h2', { class: 'unseen' }, t('answer')),
      reasoning(state),
      state.text ? body(state) : waiting && el('p', { class: 'pending' }, t('answering')),
      state.stopped && el('p', { class: 'notice' }, t('stopped')),
      state.problem && el('p', { class: 'notice problem', role: 'alert' }, problemWords),
      origin(state), remarks(state), sources(state), reading(state), footnote(state), !waiting && tools(state, again)),
    behind.length > 0 && el('section', { class: 'behind' }, el('h2', { class: 'small' }, t('evidence')), hitList(behind)),
  ].filter(Boolean);
}
