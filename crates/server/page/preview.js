// The quote behind a citation chip, shown while the chip is hovered or has the focus.
import { summary } from './api.js';
import { byId, el } from './dom.js';
import { date, t } from './i18n.js';
import { glance, place } from './hits.js';

const MARGIN = 12;

const dates = new Map(); // of documents, as promises: when they were changed last; '' where nobody says

const dateOf = (id) => {
  if (!dates.has(id)) dates.set(id, summary(id).then(({ modified }) => (modified ? t('modified', { date: date(modified) }) : '')).catch(() => ''));
  return dates.get(id);
};

function show(chip, citation) {
  const box = byId('preview');
  const remarks = [t(`support.${citation.support}`), citation.quote_match === 'normalized' && t('match.normalized'), citation.state && t(`source.${citation.state}`)].filter(Boolean);
  const where = place(citation);
  dateOf(citation.doc_id).then((when) => where.append(when && el('span', { class: 'date' }, when)));
  box.replaceChildren(
    el('blockquote', {}, glance(citation)),
    el('p', { class: 'title' }, citation.title),
    where,
    ...remarks.map((remark) => el('p', { class: 'remark' }, remark)));
  box.hidden = false;
  chip.setAttribute('aria-describedby', 'preview');
  const at = chip.getBoundingClientRect();
  const { width, height } = box.getBoundingClientRect();
  const left = Math.min(Math.max(at.left + at.width / 2 - width / 2, MARGIN), innerWidth - width - MARGIN);
  const below = at.bottom + MARGIN + height < innerHeight;
  box.style.left = `${left}px`;
  box.style.top = `${below ? at.bottom + 8 : Math.max(MARGIN, at.top - height - 8)}px`;
}

/** Takes the preview away. */
export function hidePreview() {
  byId('preview').hidden = true;
  for (const chip of document.querySelectorAll('[aria-describedby=preview]')) chip.removeAttribute('aria-describedby');
}

/** Shows the citation's quote at the chip. */
export function previewOn(chip, citation) {
  for (const event of ['mouseenter', 'focus']) chip.addEventListener(event, () => show(chip, citation));
  for (const event of ['mouseleave', 'blur', 'click']) chip.addEventListener(event, hidePreview);
}
