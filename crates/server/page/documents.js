// The documents: what is searchable, what is not and why; adding and deleting.
import { showAccess } from './access.js';
import * as api from './api.js';
import { byId, debounce, el, openDialog } from './dom.js';
import { documentLink } from './hits.js';
import { bytes, date, problemText, t } from './i18n.js';
import { sendAll } from './uploads.js';

const STATES = ['', 'indexed', 'partial', 'skipped', 'failed'];
const PAGE = 50;

let filter = { state: '', contains: '' };
let fetching = null;
let people = false; // whether there are people, and so rights
let writes = false; // whether this is somebody who may add and delete
let readers = ''; // labels of those who are to read what is added, where that is not left to the rules
let uploads = null; // the list of uploads outlives redraws

/** Shows the view and fetches its list. */
export function showDocuments() {
  uploads ??= el('ul', { class: 'uploads' });
  const input = el('input', { type: 'file', multiple: true, class: 'unseen', id: 'files', onchange: () => { add(input.files); input.value = ''; } });
  const find = el('input', { type: 'search', value: filter.contains, placeholder: t('documents_search'), 'aria-label': t('documents_search'), autocomplete: 'off' });
  const search = debounce(() => { filter.contains = find.value.trim(); refresh(); }, 200);
  find.addEventListener('input', search);
  const allowed = el('input', { type: 'text', value: readers, autocomplete: 'off', placeholder: t('upload_readers_rules') });
  allowed.addEventListener('input', () => { readers = allowed.value.trim(); });
  const choosing = el('label', { class: 'line', hidden: true }, t('upload_readers'), allowed);
  const adding = el('div', { class: 'drop', hidden: true }, input,
    el('label', { for: 'files', class: 'button' }, t('upload')), el('span', {}, t('upload_drop')), choosing);
  byId('view-documents').replaceChildren(
    el('h1', {}, t('documents')),
    adding,
    el('div', { role: 'status' }, uploads),
    el('div', { class: 'filters' }, el('div', { id: 'states', role: 'group' }), find),
    el('div', { id: 'document-list' }));
  api.session().then((who) => {
    [people, writes] = [who.accounts, api.mayWrite(who)];
    adding.hidden = !writes;
    choosing.hidden = !people;
  }).catch(() => {}).then(refresh); // what keeps the server from saying who this is, the list says too
}

/** Sends files that were chosen or dropped. */
export const add = (files) => { if (files.length) sendAll(files, readers, uploads, refresh); };

async function refresh() {
  fetching?.abort();
  const mine = fetching = new AbortController();
  try {
    const list = await api.documents({ ...filter, limit: PAGE }, mine.signal);
    drawStates(list.counts);
    const rows = el('ul', { class: 'documents' }, list.documents.map(row));
    byId('document-list')?.replaceChildren(list.documents.length ? rows : el('p', { class: 'none' }, t('documents_none')), more(rows, list.next_cursor));
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    byId('document-list')?.replaceChildren(el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
  }
}

function more(rows, cursor) {
  if (!cursor) return '';
  const button = el('button', { type: 'button', class: 'more', onclick: async () => {
    const list = await api.documents({ ...filter, limit: PAGE, cursor });
    rows.append(...list.documents.map(row));
    button.replaceWith(more(rows, list.next_cursor));
  } }, t('documents_more'));
  return button;
}

function drawStates(counts) {
  byId('states')?.replaceChildren(...STATES.filter((state) => state === '' || counts[state] || filter.state === state).map((state) => el('button', {
    type: 'button', class: 'tab', 'aria-pressed': String(filter.state === state), onclick: () => { filter.state = state; refresh(); },
  }, t(`state.${state || 'all'}`), ' ', el('span', { class: 'count' }, (state ? counts[state] : counts.total).toLocaleString()))));
}

function row(doc) {
  const facts = [
    doc.pages && t('pages', { count: doc.pages }), doc.chunks > 0 && t('chunks', { count: doc.chunks }), bytes(doc.bytes),
    doc.modified && t('modified', { date: date(doc.modified) }),
  ].filter(Boolean);
  const readable = doc.state === 'indexed' || doc.state === 'partial';
  const node = el('li', { class: doc.state },
    el('div', {},
      readable ? el('a', { class: 'title', href: documentLink(doc.doc_id) }, doc.title) : el('span', { class: 'title' }, doc.title),
      el('p', { class: 'place' }, el('span', { class: 'path' }, doc.path), el('span', {}, facts.join(' · '))),
      doc.state !== 'indexed' && el('p', { class: 'reason' }, el('strong', {}, t(`state_word.${doc.state}`)), doc.reason ? ` – ${doc.reason.message}` : '')),
    people && el('button', { type: 'button', class: 'quiet', 'aria-label': t('access_label', { title: doc.title }), onclick: () => showAccess(doc) }, t('access')),
    writes && el('button', { type: 'button', class: 'quiet remove', 'aria-label': t('remove_label', { title: doc.title }), onclick: () => confirmRemoval(doc, node) }, t('remove')));
  return node;
}

async function confirmRemoval(doc, node) {
  const answer = await openDialog(t('remove_title'), el('p', {}, t('remove_text', { title: doc.title })),
    [{ value: '', label: t('cancel'), kind: 'quiet' }, { value: 'remove', label: t('remove'), kind: 'danger' }]);
  if (answer !== 'remove') return;
  try {
    await api.remove(doc.doc_id);
    refresh();
  } catch (problem) {
    node.append(el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
  }
}
