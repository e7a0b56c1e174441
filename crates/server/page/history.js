// What was asked before: the list, one conversation with its turns, and going on with it.
import * as answer from './answer.js';
import * as api from './api.js';
import { byId, el, openDialog } from './dom.js';
import { form } from './follow-up.js';
import { date, problemText, t } from './i18n.js';
import { hidePreview } from './preview.js';
import { recheck } from './recheck.js';
import { thumbs } from './thumbs.js';

const PAGE = 50;
let asking = null; // the follow-up under way: { ending, state, settle }
let shown = 0; // which showing is the last: an answer that comes late is not drawn over another view

const place = () => byId('view-history');
const failed = (problem) => el('p', { class: 'notice problem', role: 'alert' }, problem.code === 'not_found' ? problem.detail : problemText(problem));
const address = (id) => `#/history/${encodeURIComponent(id)}`;

/** Shows the list, or with an id that conversation; `question` is asked in it at once. */
export async function showHistory(id, question = '') {
  stop();
  const mine = ++shown;
  try {
    const parts = id ? await conversation(id, question) : await list();
    if (mine === shown) place().replaceChildren(...parts);
  } catch (problem) {
    if (mine === shown) place().replaceChildren(el('h1', {}, t('history')), failed(problem));
  }
}

async function list(cursor) {
  const { conversations, next_cursor: next } = await api.conversations({ limit: PAGE, cursor });
  const rows = el('ul', { class: 'documents' }, conversations.map(row));
  const more = next && el('button', { type: 'button', class: 'more', onclick: async () => {
    const [, older, further] = await list(next);
    rows.append(...older.children);
    more.replaceWith(further ?? '');
  } }, t('history_more'));
  return [el('h1', {}, t('history')), conversations.length ? rows : el('p', { class: 'none' }, t('history_none')), more].filter(Boolean);
}

function row(one) {
  const node = el('li', {},
    el('div', {},
      el('a', { class: 'title', href: address(one.conversation_id) }, one.title),
      el('p', { class: 'place' }, `${date(one.updated_at)} · ${t('turns', { count: one.turns })}`)),
    el('button', { type: 'button', class: 'quiet', 'aria-label': t('remove_label', { title: one.title }), onclick: async () => {
      if (await removed(one)) node.remove();
    } }, t('remove')));
  return node;
}

async function removed({ conversation_id: id, title }) {
  const chosen = await openDialog(t('history_remove_title'), el('p', {}, t('history_remove_text', { title })),
    [{ value: '', label: t('cancel'), kind: 'quiet' }, { value: 'remove', label: t('remove'), kind: 'danger' }]);
  if (chosen === 'remove') await api.removeConversation(id);
  return chosen === 'remove';
}

async function conversation(id, question) {
  const kept = await api.conversation(id);
  const heading = el('h1', {}, kept.title);
  const turns = el('div', { class: 'turns' });
  const buttons = el('p', {},
    el('button', { type: 'button', class: 'quiet', onclick: () => rename(id, heading) }, t('rename')),
    el('a', { class: 'quiet', href: `/api/v1/conversations/${encodeURIComponent(id)}/export?format=markdown`, download: '' }, t('export')),
    el('button', { type: 'button', class: 'quiet', onclick: async () => { if (await removed(kept)) location.hash = '#/history'; } }, t('remove')));
  const ask = (words) => followUp(id, words, turns);
  const drawn = kept.turns.map((one) => turn(one, ask));
  turns.append(...drawn);
  recheck(kept.turns.map(({ withheld, response }) => (withheld ? [] : response.citations)), (at) => redraw(drawn[at], kept.turns[at], ask));
  if (question) queueMicrotask(() => ask(question));
  return [heading, buttons, turns, form(ask)];
}

function given({ question, response }, ask) {
  const state = { ...answer.fresh(question), text: response.answer, citations: response.citations, done: response };
  return answer.render(state, '', () => ask(question));
}

function turn(one, ask) {
  const body = one.withheld ? el('p', { class: 'notice' }, t('withheld')) : given(one, ask);
  return el('section', { class: 'turn' }, el('h2', {}, one.question), body, !one.withheld && thumbs(one.response, one.feedback));
}

/** Draws the answer of a turn anew; what was thought of it, and is perhaps being written, stays. */
function redraw(section, one, ask) {
  hidePreview();
  section.querySelector('article').replaceWith(given(one, ask)[0]);
}

async function followUp(id, question, turns) {
  stop();
  const ending = new AbortController();
  const state = answer.fresh(question);
  const body = el('div', {});
  // Outside of what is drawn anew with every word, so that it stays where the focus is.
  const button = el('button', { type: 'button', class: 'quiet', onclick: stop }, t('stop'));
  const draw = () => body.replaceChildren(...answer.render(state, state.problem ? problemText(state.problem) : '', () => followUp(id, question, turns)),
    (state.done && thumbs(state.done)) || '');
  const settle = () => {
    if (asking?.state === state) asking = null;
    button.remove();
    draw();
  };
  asking = { ending, state, settle };
  turns.append(el('section', { class: 'turn' }, el('h2', {}, question), body, button));
  draw();
  try {
    await api.ask(question, (event) => { answer.take(state, event); draw(); }, ending.signal, id);
  } catch (problem) {
    if (problem.name === 'AbortError') return; // who stopped it has drawn that
    state.problem = problem;
  }
  settle();
}

export const isAsking = () => asking !== null;

/** Stops the follow-up under way; what came stays. */
export function stop() {
  if (!asking) return;
  const { ending, state, settle } = asking;
  ending.abort();
  state.stopped = true;
  settle();
}

async function rename(id, heading) {
  const box = el('input', { type: 'search', maxlength: '200', value: heading.textContent, 'aria-label': t('rename') });
  const chosen = await openDialog(t('rename'), box, [{ value: '', label: t('cancel'), kind: 'quiet' }, { value: 'rename', label: t('rename') }]);
  if (chosen === 'rename' && box.value.trim()) heading.textContent = (await api.renameConversation(id, box.value.trim())).title;
}
