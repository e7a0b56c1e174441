// People: adding them, their role, their groups, whether they may come in, and a link to choose a password by.
import { showKeysOf } from './admin-keys.js';
import * as api from './api.js';
import { el, openDialog } from './dom.js';
import { date, problemText, t } from './i18n.js';

const ROLES = ['reader', 'editor', 'admin'];

/** Shows them. */
export async function show(place) {
  const { people, next_after: next } = await api.people();
  const rows = el('ul', { class: 'documents' }, people.map(row));
  place.replaceChildren(adding(rows), rows, more(rows, next));
}

function more(rows, after) {
  if (!after) return '';
  const button = el('button', { type: 'button', class: 'more', onclick: async () => {
    const { people, next_after: next } = await api.people(after);
    rows.append(...people.map(row));
    button.replaceWith(more(rows, next));
  } }, t('people_more'));
  return button;
}

const names = (text) => text.split(/[\s,]+/).filter(Boolean);

function adding(rows) {
  const field = (name, label, more = {}) => el('input', { type: 'search', name, autocomplete: 'off', 'aria-label': label, placeholder: label, ...more });
  const [name, display, groups] = [field('name', t('signIn.name'), { required: true, maxlength: '64' }), field('display', t('people_display')), field('groups', t('people_groups'))];
  const role = roles('reader');
  const said = el('p', { class: 'remark', role: 'status' });
  return el('form', { class: 'card', onsubmit: async (event) => {
    event.preventDefault();
    try {
      rows.prepend(row(await api.addPerson({ name: name.value.trim(), display: display.value.trim(), role: role.value, groups: names(groups.value) })));
      invite(name.value.trim());
      event.target.reset();
      said.textContent = '';
    } catch (problem) {
      said.textContent = problem.detail || problemText(problem);
    }
  } }, el('h2', {}, t('people_add')), el('div', { class: 'line' }, name, display, groups, role, el('button', {}, t('people_add'))), said);
}

const roles = (current) => el('select', { 'aria-label': t('people_role') }, ROLES.map((role) => el('option', { value: role, selected: role === current }, t(`role.${role}`))));

function row(person) {
  const node = el('li', { class: person.active ? '' : 'skipped' });
  const said = el('p', { class: 'reason problem', role: 'status' });
  const change = async (body) => {
    try {
      node.replaceWith(row(await api.changePerson(person.name, body)));
    } catch (problem) {
      said.textContent = problem.detail || problemText(problem);
    }
  };
  const role = roles(person.role);
  role.addEventListener('change', () => change({ role: role.value }));
  const groups = el('input', { type: 'search', value: person.groups.join(', '), autocomplete: 'off', 'aria-label': t('people_groups_of', { name: person.name }), placeholder: t('people_groups') });
  groups.addEventListener('change', () => {
    const wanted = names(groups.value);
    change({ join: wanted.filter((group) => !person.groups.includes(group)), leave: person.groups.filter((group) => !wanted.includes(group)) });
  });
  const facts = [person.provider, !person.has_password && !person.provider && t('people_no_password'), !person.active && t('people_inactive'),
    person.locked_until > Date.now() && t('people_locked'), t('people_since', { date: date(person.created_at) })].filter(Boolean);
  node.append(
    el('div', {}, el('span', { class: 'title' }, person.display || person.name), el('p', { class: 'place' }, el('span', {}, person.name), el('span', {}, facts.join(' · '))),
      el('div', { class: 'line' }, role, groups), said),
    el('div', { class: 'line' },
      el('button', { type: 'button', class: 'quiet', onclick: () => invite(person.name) }, t('people_link')),
      el('button', { type: 'button', class: 'quiet', onclick: () => showKeysOf(person.name) }, t('people_keys')),
      el('button', { type: 'button', class: 'quiet', onclick: () => change({ active: !person.active }) }, t(person.active ? 'people_disable' : 'people_enable'))));
  return node;
}

/** Shows a link that works once, by which somebody chooses a password. */
async function invite(name) {
  const body = el('div', {});
  try {
    const { url } = await api.passwordLink(name);
    body.append(el('p', {}, t('people_link_text', { name })), el('pre', { class: 'secret' }, el('code', {}, url)));
  } catch (problem) {
    body.append(el('p', { class: 'notice problem' }, problem.detail || problemText(problem)));
  }
  openDialog(t('people_link'), body, [{ value: '', label: t('close'), kind: 'quiet' }]);
}
