// Running the server: how it is, who comes, their keys, what was done. Each part is fetched when it is looked at.
import { session } from './api.js';
import { byId, el } from './dom.js';
import { problemText, t } from './i18n.js';

const PARTS = {
  overview: () => import('./admin-overview.js'),
  people: () => import('./admin-people.js'),
  keys: () => import('./admin-keys.js'),
  bot: () => import('./admin-bot.js'),
  audit: () => import('./admin-audit.js'),
};
let stop = () => {}; // ends what the part shown does over and over
let shown = 0; // which showing is the last

const withStyle = () => new Promise((resolve) => {
  if (byId('admin-style')) return resolve();
  const link = el('link', { id: 'admin-style', rel: 'stylesheet', href: '/assets/admin.css', onload: resolve, onerror: resolve });
  document.head.append(link);
  return undefined;
});

/** Shows one part of it. */
export async function showAdmin(name = 'overview') {
  const part = name in PARTS ? name : 'overview';
  const mine = ++shown;
  stop();
  stop = () => {};
  const [{ accounts }] = await Promise.all([session(), withStyle()]);
  if (mine !== shown) return;
  const parts = Object.keys(PARTS).filter((key) => accounts || !['people', 'keys'].includes(key));
  const place = el('div', { id: 'admin-part' }, el('p', { class: 'pending' }, t('reader_loading')));
  byId('view-admin').replaceChildren(
    el('h1', {}, t('admin')),
    el('nav', { class: 'tabs', 'aria-label': t('admin') }, parts.map((key) => el('a', { class: 'tab', href: `#/admin/${key}`, 'aria-current': key === part && 'page' }, t(`admin.${key}`)))),
    place);
  try {
    const module = await PARTS[part]();
    const end = await module.show(place);
    if (mine === shown) stop = end ?? stop;
    else end?.();
  } catch (problem) {
    if (mine === shown) place.replaceChildren(el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
  }
}

/** Ends what goes on while it is shown. */
export function leaveAdmin() {
  shown += 1;
  stop();
  stop = () => {};
}
