// The channels of the chat platform that the bot was asked in: what it answers from there, when, in which language and before whom.
import * as api from './api.js';
import { el } from './dom.js';
import { problemText, t } from './i18n.js';

const CHOICES = { answer: ['mention', 'always'], language: ['auto', 'en', 'de'], visibility: ['public', 'private'] };

/** Shows them. */
export async function show(place) {
  const [{ platform, channels }, { data: models }] = await Promise.all([api.botChannels(), api.models()]);
  if (!platform) return place.replaceChildren(el('p', { class: 'none' }, t('bot_none')));
  const collections = models.map(({ id }) => id).filter((id) => id.startsWith('pinakes/') && id !== 'pinakes/extractive').map((id) => id.slice('pinakes/'.length));
  place.replaceChildren(
    el('p', { class: 'place' }, t('bot_text', { platform: platform[0].toUpperCase() + platform.slice(1) })),
    channels.length ? el('ul', { class: 'documents' }, channels.map((channel) => row(channel, collections))) : el('p', { class: 'none' }, t('bot_unasked')));
  return undefined;
}

function row(channel, collections) {
  const node = el('li', {});
  const said = el('p', { class: 'reason problem', role: 'status' });
  const choice = (name, values) => {
    const given = values.includes(channel[name]) ? values : [...values, channel[name]];
    const select = el('select', { 'aria-label': t(`bot.${name}`) }, given.map((value) => el('option', { value, selected: value === channel[name] },
      name === 'collection' && value !== 'all' ? value : t(`bot.${name}.${value}`))));
    select.addEventListener('change', async () => {
      try {
        node.replaceWith(row(await api.changeBotChannel(channel.channel, { [name]: select.value }), collections));
      } catch (problem) {
        select.value = channel[name];
        said.textContent = problem.detail || problemText(problem);
      }
    });
    return el('label', {}, el('span', { class: 'place' }, t(`bot.${name}`)), select);
  };
  node.append(el('div', {},
    el('span', { class: 'title' }, channel.name ?? channel.channel), el('p', { class: 'place path' }, channel.channel),
    el('div', { class: 'line' }, choice('collection', ['all', ...collections]), Object.entries(CHOICES).map(([name, values]) => choice(name, values))), said));
  return node;
}
