// Adding files: sent one after the other, then watched until they are readable or it is said why not.
import { job, summary, upload } from './api.js';
import { el } from './dom.js';
import { problemText, t } from './i18n.js';

const POLL_MS = 700;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends files, for those to read whom `labels` name, and shows each as a line in `list`; `onChange` is called whenever one is through. */
export async function sendAll(files, labels, list, onChange) {
  const lines = [...files].map((file) => ({ file, line: line(file) }));
  list.append(...lines.map(({ line: { node } }) => node));
  for (const { file, line: shown } of lines) {
    try {
      const { doc_id: doc, job_id: id } = await upload(file, labels, (share) => shown.sending(share));
      await finished(id, doc, shown);
    } catch (problem) {
      shown.end('failed', problemText(problem));
    }
    onChange();
  }
}

async function finished(id, doc, shown) {
  shown.reading();
  for (;;) {
    const { state, error } = await job(id);
    if (state === 'done') return outcome(doc, shown);
    if (state === 'failed' || state === 'cancelled') return shown.end('failed', error?.message ?? '');
    await pause(POLL_MS);
  }
}

/** What became of the file. The document says it: a job may read files of others too, and tells only administrators what it met. */
async function outcome(doc, shown) {
  try {
    const { state, reason } = await summary(doc);
    shown.end(state === 'indexed' ? 'done' : state, reason?.message ?? '');
  } catch (problem) {
    // Not found: whoever sent it may not read it, or it is gone again. The file did arrive either way.
    shown.end('received', problem.code === 'not_found' ? '' : problemText(problem));
  }
}

function line(file) {
  const words = el('span', { class: 'step' }, t('upload_sending'));
  const progress = el('progress', { max: '1', value: '0', 'aria-label': file.name });
  const node = el('li', {}, el('span', { class: 'name' }, file.name), progress, words);
  return {
    node,
    sending: (share) => { progress.value = share; },
    reading: () => { progress.removeAttribute('value'); words.textContent = t('upload_reading'); },
    end: (state, why) => {
      progress.remove();
      node.classList.add(state);
      words.textContent = [t(`upload_${state}`), why].filter(Boolean).join(': ');
    },
  };
}
