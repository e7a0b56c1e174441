// Who may read a document, and why; administrators change it here.
import * as api from './api.js';
import { el, openDialog } from './dom.js';
import { problemText, t } from './i18n.js';

/** Opens a dialog that says it. */
export async function showAccess(doc) {
  const { person } = await api.session();
  const body = el('div', { class: 'access' });
  try {
    fill(body, doc, await api.access(doc.doc_id), person?.role === 'admin');
  } catch (problem) {
    body.replaceChildren(el('p', { class: 'notice problem', role: 'alert' }, problemText(problem)));
  }
  openDialog(t('access_title', { title: doc.title }), body, [{ value: '', label: t('close'), kind: 'quiet' }]);
}

const named = (label) => {
  const [kind, name] = label.split(/:(.*)/s);
  return name == null ? t(`label.${kind}`) : t(`label.${kind}`, { name });
};

function fill(body, doc, { labels, origin }, admin) {
  const said = el('p', { class: 'remark', role: 'status' });
  const change = async (work) => {
    try {
      fill(body, doc, await work, admin);
    } catch (problem) {
      said.textContent = problem.detail || problemText(problem);
    }
  };
  body.replaceChildren(
    el('p', {}, t(labels.length ? 'access_who' : 'access_nobody')),
    el('ul', { class: 'labels' }, labels.map((label) => el('li', {}, named(label)))),
    ...(admin ? [
      origin && el('p', { class: 'place' }, t('access_why', { origin })),
      changing(doc, labels, change),
      explaining(doc),
    ].filter(Boolean) : []),
    said);
}

function changing(doc, labels, change) {
  const box = el('input', { type: 'search', value: labels.join(', '), autocomplete: 'off', 'aria-label': t('access_labels'), placeholder: 'public, group:NAME, user:NAME' });
  const set = () => change(api.setAccess(doc.doc_id, box.value.split(',').map((label) => label.trim()).filter(Boolean)));
  return el('div', { class: 'line' }, box,
    el('button', { type: 'button', onclick: set }, t('access_set')),
    el('button', { type: 'button', class: 'quiet', onclick: () => change(api.unsetAccess(doc.doc_id)) }, t('access_unset')));
}

function explaining(doc) {
  const box = el('input', { type: 'search', autocomplete: 'off', 'aria-label': t('access_person'), placeholder: t('access_person') });
  const said = el('p', { class: 'place', role: 'status' });
  const explain = async () => {
    try {
      const { allowed, active, by, holds } = await api.explainAccess(doc.doc_id, box.value.trim());
      if (!active) said.textContent = t('access_inactive');
      else said.textContent = allowed ? t('access_yes', { by: by.map(named).join(', ') }) : t('access_no', { holds: holds.map(named).join(', ') });
    } catch (problem) {
      said.textContent = problem.detail || problemText(problem);
    }
  };
  return el('div', {}, el('div', { class: 'line' }, box, el('button', { type: 'button', class: 'quiet', onclick: explain }, t('access_explain'))), said);
}
