// Citations given earlier, held against the documents as they are now.
import { checkCitations } from './api.js';

const AT_ONCE = 64;

/**
 * Looks up again what answers cited: `answers` holds the citations of each. One that stands elsewhere now leads there; one that the
 * document no longer says gets its `state`. `redraw` is told the places of the answers for which something has changed.
 */
export async function recheck(answers, redraw) {
  const all = answers.flatMap((citations, at) => citations.map((citation) => ({ citation, at })));
  const changed = new Set();
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    let found;
    try {
      ({ citations: found } = await checkCitations(some.map(({ citation: { doc_id, doc_version, char_span, quote } }) => ({ doc_id, doc_version, char_span, quote }))));
    } catch {
      break; // the others stand there as they were given
    }
    found.forEach((now, which) => {
      const { citation, at } = some[which];
      if (now.state === 'current') return;
      changed.add(at);
      if (now.state === 'moved') Object.assign(citation, { char_span: now.char_span, page: now.page });
      else citation.state = now.state;
    });
  }
  changed.forEach(redraw);
}
