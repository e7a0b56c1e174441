// How the server is: health, documents, work under way, models and the engine, and plots of the last minutes. Looked at again every few
// seconds while it is shown.
import * as api from './api.js';
import { el } from './dom.js';
import { bytes, date, number, t } from './i18n.js';
import { has, parse, point, sum } from './metrics.js';
import { plot } from './plots.js';

const EVERY_MS = 3000;
const POINTS_MAX = 600;
const JOBS_SHOWN = 8;

const points = []; // they outlive leaving the view
let before = null; // the look before

/** Shows it; what is returned ends the looking. */
export async function show(place) {
  let timer = null;
  let over = false;
  const look = async () => {
    const seen = await Promise.all([api.status(), api.ready(), api.jobs(), api.models(), api.metrics()]);
    remember(seen.at(-1));
    if (!over) draw(place, seen);
  };
  const again = async () => {
    // What fails now may work in a moment; the page says elsewhere that the server is away.
    if (!document.hidden) await look().catch(() => {});
    if (!over) timer = setTimeout(again, EVERY_MS);
  };
  await look();
  timer = setTimeout(again, EVERY_MS);
  return () => { over = true; clearTimeout(timer); };
}

function remember(text) {
  const now = { at: Date.now(), samples: parse(text) };
  const next = before && point(before, now);
  if (next) points.push(next);
  if (points.length > POINTS_MAX) points.shift();
  before = now;
}

function draw(place, [status, ready, { jobs }, { data: models }]) {
  const { samples } = before;
  // What is open stays open, whatever is drawn anew.
  const open = new Set([...place.querySelectorAll('details[open]')].map(({ id }) => id));
  place.replaceChildren(
    health(status, ready),
    el('section', { class: 'plots', 'aria-label': t('plots') },
      plot(t('plot.latency'), 'ms', points.map(({ at, latency }) => [at, latency])),
      plot(t('plot.throughput'), t('per_second'), points.map(({ at, throughput }) => [at, throughput])),
      plot(t('plot.hits'), '%', points.map(({ at, hits }) => [at, hits])),
      plot(t('plot.passages'), '', points.map(({ at, passages }) => [at, passages]))),
    work(jobs), sources(status), engine(status, models, samples));
  for (const id of open) place.querySelector(`#${id}`)?.setAttribute('open', '');
}

const fact = (name, value) => el('div', { class: 'fact' }, el('dt', {}, name), el('dd', {}, value));
const section = (title, ...body) => el('section', { class: 'card' }, el('h2', {}, title), body);

function health({ version, documents, chunks, bytes: size, published_at: published }, { ready, checks }) {
  return section(t('admin_health'),
    el('p', { class: `state ${ready ? 'good' : 'bad'}` }, ready ? t('admin_ready') : t('admin_not_ready', { checks: checks.filter(({ ok }) => !ok).map(({ name }) => name).join(', ') })),
    el('dl', { class: 'facts' },
      fact(t('state.indexed'), number(documents.indexed)), fact(t('state.partial'), number(documents.partial)),
      fact(t('state.skipped'), number(documents.skipped)), fact(t('state.failed'), number(documents.failed)),
      fact(t('admin_passages'), number(chunks)), fact(t('admin_size'), bytes(size)),
      fact(t('admin_published'), published ? date(published) : '–'), fact(t('admin_version'), version)));
}

function work(jobs) {
  if (!jobs.length) return section(t('admin_jobs'), el('p', { class: 'none' }, t('admin_jobs_none')));
  return section(t('admin_jobs'), el('ul', { class: 'jobs' }, jobs.slice(0, JOBS_SHOWN).map(job)));
}

function job(one) {
  const running = one.state === 'running' || one.state === 'queued';
  const { indexed, partial, skipped, failed } = one.counts;
  const counts = [indexed && `${number(indexed)} ${t('state_word.indexed')}`, partial && `${number(partial)} ${t('state_word.partial')}`,
    skipped && `${number(skipped)} ${t('state_word.skipped')}`, failed && `${number(failed)} ${t('state_word.failed')}`].filter(Boolean);
  const pace = running && one.files_per_second != null && t('admin_pace', { rate: Math.round(one.files_per_second * 10) / 10, left: Math.ceil((one.eta_seconds ?? 0) / 60) });
  return el('li', { class: one.state },
    el('p', {}, el('strong', {}, t(`job.${one.kind}`)), ' ', el('span', { class: 'step' }, t(`job_state.${one.state}`)),
      el('span', { class: 'place' }, [one.files_total || running ? t('admin_files', { done: one.files_done, total: one.files_total }) : t('admin_unchanged'), ...counts, pace].filter(Boolean).join(' · '))),
    running && el('progress', { max: Math.max(one.files_total, 1), value: one.files_done, 'aria-label': t(`job.${one.kind}`) }),
    one.current_file && el('p', { class: 'place path' }, one.current_file),
    one.error && el('p', { class: 'reason problem' }, one.error.message),
    one.problems?.length > 0 && el('details', { id: `job-${one.id.replace(/\W/g, '')}` }, el('summary', {}, t('admin_problems', { count: one.problems.length })),
      el('ul', {}, one.problems.map(({ path, reason }) => el('li', {}, el('span', { class: 'path' }, path), ` – ${reason.message}`)))));
}

function sources({ sources: all }) {
  return section(t('admin_sources'), el('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': t('admin_sources') }, el('table', {},
    el('thead', {}, el('tr', {}, ['admin_source', 'admin_root', 'documents', 'state.failed', 'admin_synced'].map((key) => el('th', { scope: 'col' }, t(key))))),
    el('tbody', {}, all.map((source) => el('tr', {},
      el('th', { scope: 'row' }, source.id), el('td', { class: 'path' }, source.root ?? '–'), el('td', {}, number(source.documents.total)),
      el('td', {}, number(source.documents.failed)), el('td', {}, source.synced_at ? date(source.synced_at) : '–')))))));
}

/** Models, and what the engine that runs the language model does; of the rest there is nothing to say where there is none. */
function engine({ generator, embedding }, models, samples) {
  const value = (name, labels) => number(sum(samples, `pinakes_${name}`, labels));
  const size = (name) => bytes(sum(samples, `pinakes_${name}`));
  const kinds = [...new Set(samples.filter(({ name }) => name === 'pinakes_work_running').map(({ labels }) => labels.kind))];
  const last = points.at(-1);
  const pace = (tokens) => (tokens == null ? '–' : `${number(Math.round(tokens))} ${t('per_second')}`);
  return section(t('admin_engine'),
    el('dl', { class: 'facts' },
      fact(t('admin_generator'), generator ?? t('admin_generator_none')),
      fact(t('admin_embedding'), embedding ? `${embedding.model} (${embedding.dimensions})` : '–'),
      kinds.map((kind) => fact(t(`work.${kind}`), t('admin_places', {
        running: sum(samples, 'pinakes_work_running', { kind }), waiting: sum(samples, 'pinakes_work_waiting', { kind }), refused: sum(samples, 'pinakes_work_refused_total', { kind }),
      }))),
      has(samples, 'pinakes_engine_running') && [
        fact(t('admin_running'), t('admin_places', { running: sum(samples, 'pinakes_engine_running'), waiting: sum(samples, 'pinakes_engine_waiting'), refused: 0 })),
        fact(t('admin_weights'), size('engine_weights_bytes')), fact(t('admin_state_memory'), size('engine_state_bytes')), fact(t('admin_cache_memory'), size('cache_bytes')),
        fact(t('admin_cache_disk'), has(samples, 'pinakes_cache_disk_bytes') ? size('cache_disk_bytes') : t('admin_off')),
        fact(t('admin_read'), pace(last?.read)), fact(t('admin_said'), pace(last?.said)),
        fact(t('admin_hits'), `${value('cache_hits_total')} / ${number(sum(samples, 'pinakes_cache_hits_total') + sum(samples, 'pinakes_cache_misses_total'))}`),
        fact(t('admin_reused'), value('cache_reused_tokens_total')),
        samples.filter(({ name, value: count }) => name === 'pinakes_cache_ended_total' && count > 0)
          .map(({ labels, value: count }) => fact(t(`ended.${labels.reason}`), number(count))),
      ]),
    el('p', { class: 'place' }, t('admin_models', { names: models.map(({ id }) => id).join(', ') })));
}
