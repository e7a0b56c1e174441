// Adding files: sent one after the other, then watched until they are readable or it is said why not.
import { job, upload } from './api.js';
import { el } from './dom.js';
import { problemText, t } from './i18n.js';

const POLL_MS = 700;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Sends files and shows each as a line in `list`; `onChange` is called whenever one is through. */
export async function sendAll(files, list, onChange) {
  const lines = [...files].map((file) => ({ file, line: line(file) }));
  list.append(...lines.map(({ line: { node } }) => node));
  for (const { file, line: shown } of lines) {
    try {
      const { job_id: id } = await upload(file, (share) => shown.sending(share));
      await finished(id, shown);
    } catch (problem) {
      shown.end('failed', problemText(problem));
    }
    onChange();
  }
}

async function finished(id, shown) {
  shown.reading();
  for (;;) {
    const { state, counts, problems, error } = await job(id);
    if (state === 'done') return end(shown, counts, problems);
    if (state === 'failed' || state === 'cancelled') return shown.end('failed', error?.message ?? '');
    await pause(POLL_MS);
  }
}

function end(shown, counts, problems) {
  const why = problems?.[0]?.reason.message ?? '';
  const state = ['failed', 'skipped', 'partial'].find((name) => counts[name] > 0);
  shown.end(state ?? 'done', why);
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
