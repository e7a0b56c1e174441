// API keys: what programs show to come in. One's own, and as dialogs those of others. A key is shown once, when it is made.
import * as api from './api.js';
import { el, openDialog } from './dom.js';
import { date, problemText, t } from './i18n.js';

const SCOPES = ['read', 'write', 'admin', 'metrics'];

/** Shows them. */
export async function show(place) {
  const { keys } = await api.keys();
  const rows = el('ul', { class: 'documents' }, keys.map((key) => row(key, api.revokeKey)));
  place.replaceChildren(making(rows), keys.length ? rows : el('p', { class: 'none' }, t('keys_none')), keys.length ? '' : rows);
}

function making(rows) {
  const name = el('input', { type: 'search', required: true, maxlength: '64', autocomplete: 'off', 'aria-label': t('keys_name'), placeholder: t('keys_name') });
  const days = el('input', { type: 'number', min: '1', max: '3660', value: '90', 'aria-label': t('keys_days') });
  const scopes = SCOPES.map((scope) => el('label', {}, el('input', { type: 'checkbox', value: scope, checked: scope === 'read' }), ' ', t(`scope.${scope}`)));
  const said = el('p', { class: 'remark', role: 'status' });
  return el('form', { class: 'card', onsubmit: async (event) => {
    event.preventDefault();
    const chosen = scopes.map((label) => label.querySelector('input')).filter(({ checked }) => checked).map(({ value }) => value);
    try {
      const { key, info } = await api.makeKey({ name: name.value.trim(), scopes: chosen, days: days.value ? Number(days.value) : null });
      rows.prepend(row(info, api.revokeKey));
      said.textContent = '';
      openDialog(t('keys_made'), [el('p', {}, t('keys_made_text')), el('pre', { class: 'secret' }, el('code', {}, key))], [{ value: '', label: t('close'), kind: 'quiet' }]);
    } catch (problem) {
      said.textContent = problem.detail || problemText(problem);
    }
  } }, el('h2', {}, t('keys_make')), el('div', { class: 'line' }, name, el('label', {}, t('keys_days'), ' ', days), scopes, el('button', {}, t('keys_make'))), said);
}

/** Shows somebody's keys, for taking back. */
export async function showKeysOf(name) {
  const body = el('div', {});
  try {
    const { keys } = await api.keysOf(name);
    body.append(keys.length ? el('ul', { class: 'documents' }, keys.map((key) => row(key, (id) => api.revokeKeyOf(name, id)))) : el('p', { class: 'none' }, t('keys_none_of', { name })));
  } catch (problem) {
    body.append(el('p', { class: 'notice problem' }, problem.detail || problemText(problem)));
  }
  openDialog(t('keys_of', { name }), body, [{ value: '', label: t('close'), kind: 'quiet' }]);
}

function row(key, revoke) {
  const over = key.revoked_at || (key.expires_at && key.expires_at < Date.now());
  const facts = [key.scopes.map((scope) => t(`scope.${scope}`)).join(', '), key.revoked_at && t('keys_revoked', { date: date(key.revoked_at) }),
    key.expires_at && t('keys_until', { date: date(key.expires_at) }), t(key.used_at ? 'keys_used' : 'keys_unused', { date: key.used_at ? date(key.used_at) : '' })].filter(Boolean);
  const node = el('li', { class: over ? 'skipped' : '' },
    el('div', {}, el('span', { class: 'title' }, key.name), el('p', { class: 'place' }, el('code', {}, key.id), el('span', {}, facts.join(' · ')))),
    !over && el('button', { type: 'button', class: 'quiet', onclick: async () => {
      await revoke(key.id);
      node.replaceWith(row({ ...key, revoked_at: Date.now() }, revoke));
    } }, t('keys_revoke')));
  return node;
}
