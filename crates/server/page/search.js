// The one box: passages while typing, an answer on Enter.
import * as api from './api.js';
import * as answer from './answer.js';
import { byId, debounce, el } from './dom.js';
import { form } from './follow-up.js';
import { hitList } from './hits.js';
import { language, problemText, t } from './i18n.js';
import { filters, narrow } from './narrow.js';
import { hidePreview } from './preview.js';
import { thumbs } from './thumbs.js';

const TYPING_MS = 50; // with a search of some 30 ms, passages are there within a tenth of a second after the last key
const ADDRESS_MS = 700;
const PAGE = 10;

let searching = null; // AbortController of the search under way
let asking = null; // AbortController of the answer under way
let found = null; // { query, response } last shown
let state = null; // the answer shown
let status = null; // what the store holds
let collections = []; // parts of it that can be searched alone
let reaching = () => {}; // who is told whether the server answered

/** Wires the box up. `remember(query, asked)` keeps it in the address; `reach` is told whether the server answered. */
export function setUp(remember, reach) {
  const box = byId('query');
  const look = debounce(() => run(box.value.trim(), reach), TYPING_MS);
  // Seldomer than the search itself: browsers allow about a hundred changes of the address in half a minute.
  const note = debounce(() => remember(box.value.trim(), false), ADDRESS_MS);
  box.addEventListener('input', () => {
    forgetAnswer();
    note();
    look();
  });
  box.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      byId('ask-form').requestSubmit();
    } else if (event.key === 'ArrowDown' && links().length) {
      event.preventDefault();
      links()[0].focus();
    }
  });
  byId('ask-form').addEventListener('submit', (event) => {
    event.preventDefault();
    look.cancel();
    note.cancel();
    remember(box.value.trim(), true);
    ask(box.value.trim(), reach);
  });
  byId('stop').addEventListener('click', stop);
}

/** Puts a question from the address into the box. */
export function restore(query, asked, reach) {
  byId('query').value = query;
  if (!query) {
    found = null;
    forgetAnswer();
    draw();
  } else if (asked) {
    ask(query, reach);
  } else {
    forgetAnswer();
    run(query, reach);
  }
}

export const isAsking = () => asking !== null;

/** Stops the answer under way; what came stays. */
export function stop() {
  if (!asking) return;
  asking.abort();
  state.stopped = true;
  settle();
}

export async function loadStatus(reach) {
  reaching = reach;
  try {
    [status, { collections }] = await Promise.all([api.status(), api.collections()]);
    reach(true);
  } catch (problem) {
    reach(problem.code !== 'offline');
  }
  drawHint();
}

/** Looks or asks again with what is now to be searched. */
function narrowed(reach) {
  const words = byId('query').value.trim();
  if (state) ask(state.question, reach);
  else if (words) run(words, reach);
}

export const links = () => [...byId('view-search').querySelectorAll('a.hit')];

/** Draws everything anew, in the language now chosen. */
export function draw() {
  drawHint();
  drawAnswer();
  drawResults();
}

async function run(query, reach) {
  searching?.abort();
  if (!query) {
    found = null;
    draw();
    return;
  }
  const mine = searching = new AbortController();
  try {
    const response = await api.search({ query, limit: PAGE, filters: filters() }, mine.signal);
    found = { query, response };
    reach(true);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    found = { query, problem };
    reach(problem.code !== 'offline');
  }
  if (mine === searching && !state) drawResults();
}

async function ask(question, reach) {
  searching?.abort();
  asking?.abort();
  if (!question) return;
  const mine = asking = new AbortController();
  const own = state = answer.fresh(question);
  found = null;
  byId('stop').hidden = false;
  byId('said').textContent = t('answering');
  drawResults();
  drawAnswer();
  try {
    await api.ask(question, (event) => { answer.take(own, event); if (own === state) drawAnswer(); }, mine.signal, null, filters());
    reach(true);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    own.problem = problem;
    reach(problem.code !== 'offline');
  }
  if (mine === asking) settle();
}

/** The answer under way has ended, one way or the other. */
function settle() {
  asking = null;
  byId('stop').hidden = true;
  // Said once and whole to screen readers, rather than in fragments while it arrives.
  if (state.problem) byId('said').textContent = '';
  else if (state.stopped) byId('said').textContent = t('stopped');
  else byId('said').textContent = `${state.done?.refused ? t('refused') : t('answered')} ${state.text}`;
  drawAnswer();
}

function forgetAnswer() {
  asking?.abort();
  asking = null;
  state = null;
  byId('stop').hidden = true;
  byId('said').textContent = '';
  hidePreview();
  drawAnswer();
}

function drawAnswer() {
  const place = byId('answer');
  place.hidden = !state;
  byId('view-search').classList.toggle('home', !state && !byId('query').value.trim());
  if (!state) {
    place.replaceChildren();
    return;
  }
  // The next question stands below the answer, and above the passages behind it, which can be long.
  const [card, ...behind] = answer.render(state, state.problem ? problemText(state.problem) : '', again);
  place.replaceChildren(card, ...after(state.done), ...behind);
}

const again = () => byId('ask-form').requestSubmit();

/** What comes below an answer that is kept: what the reader thinks of it, and the next question. */
function after(done) {
  if (!done?.conversation_id) return [];
  const ask = (question) => { location.hash = `#/history/${encodeURIComponent(done.conversation_id)}?${new URLSearchParams({ ask: question })}`; };
  return [thumbs(done), form(ask)];
}

function drawResults() {
  const place = byId('results');
  byId('view-search').classList.toggle('home', !state && !byId('query').value.trim());
  if (state || !found) {
    place.replaceChildren(...(state || !status || status.documents.total > 0 ? [] : [welcome()]));
    return;
  }
  if (found.problem) {
    place.replaceChildren(el('p', { class: 'notice problem', role: 'alert' }, problemText(found.problem)));
    return;
  }
  const { hits, took_ms: took, documents_searched: documents } = found.response;
  if (!hits.length) {
    place.replaceChildren(el('p', { class: 'none' }, el('strong', {}, t('found_none')), ' ', t('found_none_help')));
    return;
  }
  const list = hitList(hits);
  place.replaceChildren(
    el('h2', { class: 'unseen' }, t('passages')),
    el('p', { class: 'searched' }, `${t('searched_short', { count: documents })} · ${t('took', { seconds: took / 1000 })}`),
    list, more(list, hits.length));
}

function more(list, shown) {
  if (shown < PAGE) return '';
  const { query } = found;
  const button = el('button', { type: 'button', class: 'more', onclick: async () => {
    const { hits } = await api.search({ query, limit: PAGE, offset: list.children.length, filters: filters() });
    const from = list.children.length;
    list.append(...hitList(hits).children);
    list.children[from]?.querySelector('a').focus();
    button.replaceWith(more(list, hits.length));
  } }, t('more'));
  return button;
}

function welcome() {
  const adding = el('div', { hidden: true },
    el('p', {}, t('empty_text')),
    el('pre', {}, el('code', {}, 'pinakes index add ~/Documents')),
    el('p', {}, t('empty_or'), ' ', el('a', { href: '#/documents' }, t('empty_add'))));
  api.session().then((who) => { adding.hidden = !api.mayWrite(who); }).catch(() => {}); // unreachable: the page says so by itself
  return el('section', { class: 'welcome' }, el('h2', {}, t('empty_title')), adding);
}

/** The choices stay as they are, opened or folded, until they would be others. */
function drawNarrow() {
  const place = byId('narrow');
  const key = status?.documents.total ? [language(), ...status.sources.map(({ id }) => id), ...collections.map(({ name }) => name)].join() : '';
  if (place.dataset.for === key) return;
  place.dataset.for = key;
  place.replaceChildren(...(key ? [narrow(status.sources, collections, () => narrowed(reaching))] : []));
}

function drawHint() {
  const parts = [];
  if (status) {
    const readable = status.documents.indexed + status.documents.partial;
    if (status.documents.total) parts.push(t('hint.ready', { count: readable }));
    if (status.jobs_active) parts.push(t('hint.working', { count: status.jobs_active }));
  }
  parts.push(t('hint.enter'));
  byId('hint').textContent = parts.join(' · ');
  drawNarrow();
  if (!found && !state) drawResults();
}
