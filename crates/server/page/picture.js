// A page of a PDF as it looks, with the cited words marked on it.
import { pageView } from './api.js';
import { el, svg } from './dom.js';
import { t } from './i18n.js';

/** Whether a part of a document can be shown as a picture. */
export const isPage = (part) => part.kind === 'pdf' && part.paged;

/** The picture of a part, a span of the document marked on it; fails where there is none. */
export async function picture(part, span, signal) {
  const view = await pageView(part.doc_id, part.page, span, signal);
  const image = el('img', { src: view.image, alt: t('picture_of', { page: part.page }), width: Math.round(view.width), height: Math.round(view.height) });
  await loaded(image);
  const marks = view.boxes.map(([x, y, width, height]) => svg('rect', { class: 'cited', x, y, width, height }));
  return el('figure', { class: 'sheet' }, image, marks.length > 0 && svg('svg', { viewBox: '0 0 1 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, marks));
}

function loaded(image) {
  return new Promise((resolve, reject) => {
    image.addEventListener('load', resolve, { once: true });
    image.addEventListener('error', () => reject(new Error('the picture did not come')), { once: true });
  });
}
