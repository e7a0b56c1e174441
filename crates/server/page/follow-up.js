// The box for the next question, below an answer and below a conversation.
import { el } from './dom.js';
import { t } from './i18n.js';

/** A box for the next question. */
export function form(ask) {
  const box = el('input', { type: 'search', maxlength: '4096', autocomplete: 'off', placeholder: t('follow_up'), 'aria-label': t('follow_up') });
  return el('form', { class: 'follow-up', onsubmit: (event) => {
    event.preventDefault();
    const words = box.value.trim();
    box.value = '';
    if (words) ask(words);
  } }, box, el('button', {}, t('ask')));
}
