// The side panel that shows a document, opened at the cited words.
import { content } from './api.js';
import { holds, renderContent } from './blocks.js';
import { byId, el } from './dom.js';
import { problemText, t } from './i18n.js';
import { isPage, picture } from './picture.js';
import { within } from './within.js';

let loading = null; // AbortController of the part being fetched
let shown = null; // { id, span, part } of what is on screen
let opener = null; // what had the focus before the panel opened
let leave = () => {};
let asText = false; // whether pages are shown as their words

/** Says what closes the panel: leaving its address. */
export const onLeave = (action) => { leave = action; };

export const isOpen = () => !byId('reader').hidden;

/** Opens a document: at a span, or at its beginning. */
export async function openReader(id, span) {
  if (!isOpen()) opener = document.activeElement;
  const panel = byId('reader');
  panel.hidden = false;
  document.body.classList.add('reading');
  if (shown?.id !== id) panel.replaceChildren(el('p', { class: 'pending' }, t('reader_loading')));
  await load(id, span, span ? { at: span[0] } : { page: 1 });
  panel.focus({ preventScroll: true });
}

/** Closes the panel and gives the focus back. */
export function closeReader() {
  loading?.abort();
  shown = null;
  byId('reader').hidden = true;
  byId('reader').replaceChildren();
  document.body.classList.remove('reading');
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}

/** Draws the panel anew, in the language now chosen. */
export const redrawReader = () => shown && draw(shown.id, shown.span, shown.part);

async function load(id, span, which) {
  loading?.abort();
  const mine = loading = new AbortController();
  try {
    const part = await content(id, which, mine.signal);
    shown = { id, span, part };
    draw(id, span, part);
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    byId('reader').replaceChildren(bar(null), el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
  }
}

function bar(part) {
  const copy = el('button', { type: 'button', class: 'quiet', onclick: copyLink }, t('reader_copy'));
  const save = part && el('a', { class: 'quiet', href: `/api/v1/documents/${encodeURIComponent(part.doc_id)}/original`, download: '' }, t('reader_save'));
  return el('div', { class: 'bar' }, part && copy, save,
    el('button', { type: 'button', class: 'quiet close', 'aria-label': t('close'), title: t('close'), onclick: () => leave() }, '×'));
}

async function copyLink(event) {
  const { target } = event;
  const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
  target.textContent = t(copied ? 'reader_copied' : 'copy_refused');
  setTimeout(() => { target.textContent = t('reader_copy'); }, 1500);
}

function turner(id, span, part) {
  if (part.page_count < 2) return null;
  const to = (page, key, sign) => el('button', {
    type: 'button', class: 'quiet', disabled: page < 1 || page > part.page_count, 'aria-label': t(key), title: t(key),
    onclick: () => load(id, span, { page }),
  }, sign);
  const words = t(part.paged ? 'reader_of' : 'reader_part_of', { page: part.page, pages: part.page_count });
  return el('div', { class: 'turner' }, to(part.page - 1, 'reader_previous', '←'), el('span', {}, words), to(part.page + 1, 'reader_next', '→'));
}

/** Page or words, where a page can be seen. */
function looks(id, span, part) {
  if (!isPage(part)) return null;
  const look = (text, key) => el('button', {
    type: 'button', class: 'tab', 'aria-pressed': String(asText === text), onclick: () => { asText = text; draw(id, span, part); },
  }, t(key));
  return el('div', { class: 'looks', role: 'group', 'aria-label': t('looks') }, look(false, 'look_page'), look(true, 'look_text'));
}

function draw(id, span, part) {
  const cited = span && holds(part, span) ? span : null;
  const words = () => el('div', { class: `text ${part.kind}`, lang: part.language }, renderContent(part, cited));
  const seen = !asText && isPage(part);
  const text = seen ? el('div', { class: 'picture' }, el('p', { class: 'pending' }, t('reader_loading'))) : words();
  const back = span && !cited && el('button', { type: 'button', class: 'quiet', onclick: () => load(id, span, { at: span[0] }) }, t('reader_back_to_quote'));
  byId('reader').replaceChildren(
    bar(part),
    el('header', {}, el('h1', {}, part.title), el('p', { class: 'place' }, el('span', { class: 'path' }, part.path)),
      el('div', { class: 'line' }, looks(id, span, part), turner(id, span, part)), back, within(part)),
    text,
    part.page_count > 1 ? el('footer', {}, turner(id, span, part)) : '');
  byId('reader').scrollTop = 0;
  if (seen) see(part, cited, text, words);
  else showMark(text.querySelector('mark.cited'));
}

/** Puts the page's picture in its place; the words where there is no picture. */
async function see(part, cited, place, words) {
  try {
    const sheet = await picture(part, cited, loading.signal);
    place.replaceChildren(sheet);
    showMark(sheet.querySelector('rect.cited'));
  } catch (problem) {
    if (problem.name === 'AbortError') return;
    const text = words();
    place.replaceChildren(el('p', { class: 'notice' }, t('picture_none')), text);
    showMark(text.querySelector('mark.cited'));
  }
}

/** Scrolls so that the cited words are in sight. */
function showMark(mark) {
  if (!mark?.isConnected) return;
  mark.id = 'cited';
  const panel = byId('reader');
  panel.scrollTop += mark.getBoundingClientRect().top - panel.getBoundingClientRect().top - panel.clientHeight / 3;
}
