// Starts the page: addresses, keys, language, and whether the server can be reached.
import { ApiProblem, goToSignIn, mayWrite, session, signOut } from './api.js';
import { byId, el, openDialog } from './dom.js';
import { acceptDrops } from './drops.js';
import { chooseLanguage, language, languages, problemText, setLanguage, t } from './i18n.js';
import { hidePreview } from './preview.js';
import * as search from './search.js';

const RETRY_MS = 3000;
const KEYS = [['/', 'focus'], ['Enter', 'ask'], ['j', 'next'], ['k', 'previous'], ['Enter', 'open'], ['Esc', 'close'], ['?', 'help']];

// What the first sight of the page does not need comes when it is asked for.
const LATER = {
  admin: () => import('./admin.js'),
  documents: () => import('./documents.js'),
  history: () => import('./history.js'),
  reader: () => import('./reader.js'),
};
const came = {}; // the modules of these that are here

let retry = null;
let missed = false; // whether a module could not be had, or who this is: the address is gone to again once the server is back
let writes = false; // whether this is somebody who may add files
let kept = { query: '', asked: false }; // what the box's address is or will be again

function reach(reached) {
  byId('offline').hidden = reached;
  byId('offline').textContent = reached ? '' : t('offline');
  clearTimeout(retry);
  if (!reached) retry = setTimeout(() => search.loadStatus(reach), RETRY_MS);
  else if (missed) {
    missed = false;
    greet();
    route();
  }
}

/** Says what went wrong, until the next click or address. */
function note(words) {
  byId('note').hidden = !words;
  byId('note').textContent = words;
}

/** What a button began and nobody waited for has failed. A fault of the page's own goes to the console, too. */
function onFailure(event) {
  const problem = event.reason;
  if (problem?.name === 'AbortError') return;
  if (problem instanceof ApiProblem) event.preventDefault();
  if (problem?.code === 'offline') reach(false);
  else note(problem instanceof ApiProblem ? problemText(problem) : t('problem.page'));
}

/** Offers what fits who this is. */
function greet() {
  session().then((who) => {
    const { accounts, person } = who;
    if (accounts && !person) goToSignIn();
    writes = mayWrite(who);
    byId('nav-admin').hidden = accounts && person?.role !== 'admin';
    byId('sign-out').hidden = !accounts;
    byId('sign-out').title = person?.display ?? '';
  }).catch(() => { missed = true; }); // unreachable: the page says so by itself
}

/** Does `work` with a module, unless it cannot be had or the address has changed while it came. */
async function using(name, work) {
  const address = location.hash;
  try {
    came[name] ??= await LATER[name]();
  } catch {
    missed = true;
    reach(false);
    return;
  }
  if (address === location.hash) work(came[name]);
}

const VIEWS = ['search', 'history', 'documents', 'admin'];

const isOpen = () => !byId('reader').hidden;

/** Shows one of the views and none of the others; whether it was hidden before. */
function change(view) {
  const changed = byId(`view-${view}`).hidden;
  for (const name of VIEWS) {
    byId(`view-${name}`).hidden = name !== view;
    const link = byId(`nav-${name}`);
    if (name === view) link?.setAttribute('aria-current', 'page');
    else link?.removeAttribute('aria-current');
  }
  return changed;
}

function openReader(id, span) {
  using('reader', (reader) => {
    reader.onLeave(leave);
    reader.openReader(id, span);
  });
}

/** Addresses: `#/`, `#/?q=words`, `#/?ask=question`, `#/documents`, `#/history`, `#/history/ID`, `#/admin`, `#/admin/people`, `#/doc/ID?span=start-end`. What follows the `#` never leaves the browser. */
function route(first = false) {
  const [path, parameters] = location.hash.replace(/^#/, '').split('?');
  const given = new URLSearchParams(parameters);
  const [, page, id] = path.split('/');
  hidePreview();
  note('');
  byId('dialog').close(); // it was about what is left now
  if (page === 'doc' && id) {
    const span = given.get('span')?.split('-').map(Number);
    openReader(decodeURIComponent(id), span?.length === 2 && span.every(Number.isInteger) ? span : null);
    return; // whatever was shown stays beside it
  }
  if (isOpen()) {
    came.reader.closeReader();
    if (history.state?.kept) { // what was beside the document is still there, and perhaps went on
      if (!byId('view-search').hidden) remember(kept.query, kept.asked);
      return;
    }
  }
  const view = VIEWS.includes(page) ? page : 'search';
  const changed = change(view);
  if (view !== 'admin') came.admin?.leaveAdmin();
  if (view === 'documents') {
    if (changed || !came.documents) using('documents', (documents) => documents.showDocuments());
    return;
  }
  if (view === 'admin') {
    using('admin', (admin) => admin.showAdmin(id));
    return;
  }
  if (view === 'history') {
    const question = given.get('ask') ?? '';
    // Asked once: going back to the address shows the answer and does not ask again.
    if (question) history.replaceState(history.state, '', `#/history/${id}`);
    using('history', (module) => module.showHistory(id ? decodeURIComponent(id) : '', question));
    return;
  }
  const [query, asked] = given.has('ask') ? [given.get('ask'), true] : [given.get('q') ?? '', false];
  if (query !== byId('query').value.trim() || first) {
    kept = { query, asked };
    search.restore(query, asked, reach);
  }
  if (first || changed) byId('query').focus();
}

/** Keeps the question in the address; while a document is open the address is the document's. */
function remember(query, asked) {
  kept = { query, asked };
  const address = query ? `#/?${new URLSearchParams({ [asked ? 'ask' : 'q']: query })}` : '#/';
  if (!isOpen()) history.replaceState({ kept: true }, '', address);
}

/** Leaves the document's address, which closes the panel; back to where it was opened from when that was this page. */
function leave() {
  if (history.state?.inside) {
    history.back();
  } else {
    history.replaceState({ kept: true }, '', '#/');
    route();
  }
}

function move(step) {
  const links = search.links();
  const at = links.indexOf(document.activeElement);
  if (at < 0 && step < 0) return;
  links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

function showHelp() {
  const rows = KEYS.map(([key, name]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, t(`key.${name}`))]);
  openDialog(t('help_title'), [el('dl', { class: 'keys' }, rows), el('p', {}, t('help_text'))], [{ value: '', label: t('close'), kind: 'quiet' }]);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('dialog').open) return;
  if (event.key === 'Escape') {
    const view = !byId('view-history').hidden && came.history ? came.history : search;
    if (view.isAsking()) view.stop();
    else if (!byId('preview').hidden) hidePreview();
    else if (isOpen()) leave();
    return;
  }
  const onList = document.activeElement?.classList.contains('hit');
  if (onList && event.key === 'ArrowUp' && document.activeElement === search.links()[0]) {
    event.preventDefault();
    byId('query').focus();
    return;
  }
  if (event.target.closest('input, textarea, select')) return;
  const action = {
    '/': () => { if (byId('view-search').hidden) location.hash = '#/'; byId('query').focus(); byId('query').select(); },
    '?': showHelp,
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: onList && (() => move(1)),
    ArrowUp: onList && (() => move(-1)),
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

/** A document opened by a link here can be closed by going back; one opened by its address cannot. */
function onClick(event) {
  note('');
  const link = event.target.closest('a[href^="#/doc/"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.getAttribute('href');
  if (isOpen() && history.state?.inside) history.replaceState({ inside: true }, '', address);
  else {
    history.replaceState({ kept: true }, '');
    history.pushState({ inside: true }, '', address);
  }
  route();
}

function redraw() {
  const other = languages.find((tag) => tag !== language());
  byId('language').textContent = other.toUpperCase();
  byId('language').lang = other;
  byId('language').title = t('language');
  search.draw();
  came.reader?.redrawReader();
  if (!byId('view-documents').hidden) came.documents?.showDocuments();
  if (!byId('view-history').hidden || !byId('view-admin').hidden) route();
}

await chooseLanguage();
search.setUp(remember, reach);
byId('language').addEventListener('click', async () => {
  const other = languages.find((tag) => tag !== language());
  await setLanguage(other, true).then(redraw, () => reach(false));
});
byId('help-open').addEventListener('click', showHelp);
byId('sign-out').addEventListener('click', () => signOut().finally(() => location.assign('/sign-in')));
greet();
addEventListener('unhandledrejection', onFailure);
addEventListener('keydown', onKey);
addEventListener('click', onClick);
addEventListener('popstate', () => route());
const add = (files) => {
  if (byId('view-documents').hidden) {
    location.hash = '#/documents';
    route();
  }
  using('documents', (documents) => documents.add(files));
};
acceptDrops(add, () => writes);
redraw();
route(true);
search.loadStatus(reach);
