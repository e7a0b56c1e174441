// The latest of the audit log: who did what. Whether the log is whole is for `pinakes audit verify` to say.
import * as api from './api.js';
import { el } from './dom.js';
import { language, t } from './i18n.js';

const SHOWN = 100;

/** Shows it. */
export async function show(place) {
  const { kept, records } = await api.audit(SHOWN);
  if (!kept || !records.length) return place.replaceChildren(el('p', { class: 'none' }, t(kept ? 'audit_none' : 'audit_off')));
  place.replaceChildren(
    el('p', { class: 'place' }, t('audit_text')),
    el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': t('admin.audit') }, el('table', {},
      el('thead', {}, el('tr', {}, ['audit_at', 'audit_who', 'audit_what', 'audit_details'].map((key) => el('th', { scope: 'col' }, t(key))))),
      el('tbody', {}, records.map(({ at, subject, event, details }) => el('tr', {},
        el('td', {}, new Date(at).toLocaleString(language(), { dateStyle: 'short', timeStyle: 'medium' })), el('td', {}, subject),
        el('td', {}, t(`event.${event}`)), el('td', { class: 'details' }, Object.entries(details).map(([name, value]) => el('span', {}, `${name}: ${short(value)}`)))))))));
  return undefined;
}

const short = (value) => (Array.isArray(value) ? t('audit_several', { count: value.length }) : String(value));
