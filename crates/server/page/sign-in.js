// The page people sign in on: with a password, through a provider, or by a link that works once and lets them choose a password.
// The link's secret stands after the `#`, which no server and no log on the way ever sees.
import { session, signIn, useLink } from './api.js';
import { byId } from './dom.js';
import { chooseLanguage, problemText, t } from './i18n.js';

const [kind, secret] = location.hash.slice(1).split('=');
const byLink = kind === 'first' || kind === 'link';
const to = new URLSearchParams(location.search).get('to');
// A path of ours and nothing else: what follows came with the address.
const next = to && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : '/';

function say(text) {
  byId('sign-in-said').textContent = text;
}

async function submit(event) {
  event.preventDefault();
  const [name, password] = [byId('name').value, byId('password').value];
  byId('sign-in-go').disabled = true;
  say('');
  try {
    await (byLink ? useLink({ secret, name, password }) : signIn({ name, password }));
    location.replace(next);
  } catch (problem) {
    say(problem.detail || problemText(problem));
    byId('password').select();
  } finally {
    byId('sign-in-go').disabled = false;
  }
}

await chooseLanguage();
document.title = `${t('signIn')} · Pinakes`;
if (byLink) {
  history.replaceState(null, '', '/sign-in'); // nobody finds it in the history of this browser
  byId('sign-in-title').textContent = t(kind === 'first' ? 'signIn.first' : 'signIn.choose');
  byId('name-row').hidden = kind === 'link';
  byId('name').required = kind === 'first';
  byId('password').autocomplete = 'new-password';
  byId('password-hint').hidden = false;
}
if (['failed', 'refused', 'unavailable'].includes(kind)) say(t(`signIn.${kind}`));
byId('sign-in-form').addEventListener('submit', submit);
byId(byLink && kind === 'link' ? 'password' : 'name').focus();
session().then((known) => {
  if (known.provider && !byLink) {
    byId('provider').href = `/sign-in/provider?${new URLSearchParams({ to: next })}`;
    byId('provider-row').hidden = false;
  }
  if ((known.person || !known.accounts) && !byLink) location.replace(next);
}).catch((problem) => say(problemText(problem)));
