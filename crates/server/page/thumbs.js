// What the reader thinks of an answer: up, or down with a reason. It can be said again; the last word counts.
import { judge } from './api.js';
import { el } from './dom.js';
import { problemText, t } from './i18n.js';

const REASONS = ['wrong', 'incomplete', 'outdated', 'citation', 'unanswerable', 'refused', 'other'];

/** A line with both thumbs for an answer that is kept; nothing for one that is not. */
export function thumbs({ answer_id: answer, refused }, given = null) {
  if (!answer) return null;
  const line = el('div', { class: 'thumbs', role: 'group', 'aria-label': t('helped') });
  const say = async (verdict, reason = null, comment = null) => {
    try {
      draw(await judge({ answer_id: answer, verdict, ...(reason && { reason }), ...(comment && { comment }) }));
    } catch (problem) {
      line.append(el('span', { class: 'problem', role: 'alert' }, problemText(problem)));
    }
  };
  const thumb = (verdict, said) => el('button', {
    type: 'button', class: 'tab', 'aria-pressed': String(said?.verdict === verdict), onclick: () => say(verdict),
  }, t(`verdict.${verdict}`));
  function draw(said) {
    line.replaceChildren(thumb('up', said), thumb('down', said));
    if (said?.verdict !== 'down') return;
    const fitting = REASONS.filter((reason) => (refused ? reason !== 'unanswerable' && reason !== 'citation' : reason !== 'refused'));
    const why = el('select', { 'aria-label': t('why') }, el('option', { value: '' }, t('why')),
      fitting.map((reason) => el('option', { value: reason, selected: said.reason === reason }, t(`reason.${reason}`))));
    const words = el('input', { type: 'search', maxlength: '4000', value: said.comment, placeholder: t('comment'), 'aria-label': t('comment') });
    const tell = () => say('down', why.value, words.value.trim());
    why.addEventListener('change', tell);
    words.addEventListener('change', tell);
    line.append(why, words);
  }
  draw(given);
  return line;
}
