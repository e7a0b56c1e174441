// Talks to the server this page came from, and to nothing else.

/** What the server refused, or that it could not be reached (`code` is then `offline`). */
export class ApiProblem extends Error {
  constructor(code, detail, status = 0, retryAfter = null) {
    super(detail || code);
    Object.assign(this, { code, detail, status, retryAfter });
  }
}

let leaving = false;

/** Goes to where people sign in, once, whatever else is refused meanwhile; and from there back to here. */
export function goToSignIn() {
  if (leaving || location.pathname === '/sign-in') return;
  leaving = true;
  location.replace(`/sign-in?${new URLSearchParams({ to: location.pathname + location.hash })}`);
}

let known = null;

/** Who the server takes us for; asked once, and again after that failed. */
export const session = () => (known ??= json('/api/v1/session').catch((problem) => {
  known = null;
  throw problem;
}));

/** Whether somebody may add and delete files; where nobody signs in, everybody may. */
export const mayWrite = ({ accounts, person }) => !accounts || ['editor', 'admin'].includes(person?.role);

/** What shows the server that a request comes from a page of its own; with reading there is no need. */
async function token() {
  const { cross_site_token: value } = await session();
  return value ? { 'x-pinakes-token': value } : {};
}

async function request(path, options = {}) {
  if (options.method && !path.startsWith('/api/v1/session/') && !options.signingIn) {
    options = { ...options, headers: { ...options.headers, ...await token() } };
  }
  let response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiProblem('offline', '');
  }
  if (response.ok) return response;
  if (response.status === 401) goToSignIn();
  const body = await response.json().catch(() => ({}));
  throw new ApiProblem(body.code ?? 'internal', body.detail ?? '', response.status, response.headers.get('retry-after'));
}

const json = async (path, options) => (await request(path, options)).json();

const post = (body, signal, accept = 'application/json') => ({
  method: 'POST', signal, body: JSON.stringify(body), headers: { 'content-type': 'application/json', accept },
});

const query = (parameters) => {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== '');
  return given.length ? `?${new URLSearchParams(given)}` : '';
};

export const signIn = (body) => json('/api/v1/session', { ...post(body), signingIn: true });
export const useLink = (body) => json('/api/v1/session/link', post(body));
export const signOut = () => json('/api/v1/session', { method: 'DELETE' });
export const search = (body, signal) => json('/api/v1/search', post(body, signal));
export const status = () => json('/api/v1/status');
export const collections = () => json('/api/v1/collections');
export const ready = async () => (await fetch('/health/ready', { credentials: 'same-origin' })).json(); // that it is not is no failure
export const models = () => json('/v1/models');
export const metrics = async () => (await request('/metrics')).text();
export const jobs = () => json('/api/v1/jobs');
export const audit = (limit) => json(`/api/v1/audit${query({ limit })}`);
export const botChannels = () => json('/api/v1/bot/channels');
export const changeBotChannel = (id, change) => json(`/api/v1/bot/channels/${encodeURIComponent(id)}`, { ...post(change), method: 'PATCH' });
export const people = (after) => json(`/api/v1/people${query({ after })}`);
const personAt = (name) => `/api/v1/people/${encodeURIComponent(name)}`;
export const addPerson = (body) => json('/api/v1/people', post(body));
export const changePerson = (name, body) => json(personAt(name), post(body));
export const passwordLink = (name) => json(`${personAt(name)}/link`, post({}));
export const keys = () => json('/api/v1/keys');
export const makeKey = (body) => json('/api/v1/keys', post(body));
export const revokeKey = (id) => json(`/api/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
export const keysOf = (name) => json(`${personAt(name)}/keys`);
export const revokeKeyOf = (name, id) => json(`${personAt(name)}/keys/${encodeURIComponent(id)}`, { method: 'DELETE' });
export const documents = (parameters, signal) => json(`/api/v1/documents${query(parameters)}`, { signal });
export const content = (id, parameters, signal) => json(`/api/v1/documents/${encodeURIComponent(id)}/content${query(parameters)}`, { signal });
const documentAt = (id) => `/api/v1/documents/${encodeURIComponent(id)}`;
export const pageView = (id, page, span, signal) => json(`${documentAt(id)}/pages/${page}${query({ span: span?.join('-') })}`, { signal });
export const summary = (id) => json(documentAt(id));
export const access = (id) => json(`${documentAt(id)}/access`);
export const setAccess = (id, labels) => json(`${documentAt(id)}/access`, post({ labels }));
export const unsetAccess = (id) => json(`${documentAt(id)}/access`, { method: 'DELETE' });
export const explainAccess = (id, person) => json(`${documentAt(id)}/access/${encodeURIComponent(person)}`);
export const remove = (id) => json(`/api/v1/documents/${encodeURIComponent(id)}`, { method: 'DELETE' });
export const job = (id) => json(`/api/v1/jobs/${encodeURIComponent(id)}`);

export const conversations = (parameters) => json(`/api/v1/conversations${query(parameters)}`);
const conversationAt = (id) => `/api/v1/conversations/${encodeURIComponent(id)}`;
export const conversation = (id) => json(conversationAt(id));
export const renameConversation = (id, title) => json(conversationAt(id), { ...post({ title }), method: 'PATCH' });
export const removeConversation = (id) => json(conversationAt(id), { method: 'DELETE' });
export const checkCitations = (citations) => json('/api/v1/citations/check', post({ citations }));
export const judge = (feedback) => json('/api/v1/feedback', post(feedback));

const RESUMES_MAX = 3;

/** Asks, in a conversation or as the beginning of one; `onEvent` gets every event in turn. A lost connection is taken up where it was; whoever aborts ends the answer. */
export async function ask(question, onEvent, signal, conversation = null, filters = {}) {
  const body = { question, stream: true, filters, ...(conversation ? { conversation_id: conversation } : { save: true }) };
  let response = await request('/api/v1/ask', post(body, signal, 'text/event-stream'));
  const place = response.headers.get('content-location');
  let lastId = '';
  try {
    for (let resumed = 0; ; resumed += 1) {
      try {
        for await (const { id, event } of events(response.body)) {
          lastId = id;
          onEvent(event);
          if (event.event === 'done' || event.event === 'error') return;
        }
      } catch (error) {
        if (error.name === 'AbortError') throw error;
      }
      if (resumed === RESUMES_MAX) throw new ApiProblem('offline', '');
      await new Promise((resolve) => { setTimeout(resolve, 300 * (resumed + 1)); });
      response = await request(place, { signal, headers: { accept: 'text/event-stream', ...(lastId && { 'last-event-id': lastId }) } });
    }
  } catch (error) {
    // Also when the connection was lost just then: the server would go on for a while in case somebody comes back.
    if (error.name === 'AbortError') end(place);
    throw error;
  }
}

/** Has the server end an answer, even if the page goes meanwhile. One that cannot be ended any more is over. */
const end = (place) => token().then((headers) => fetch(place, { method: 'DELETE', keepalive: true, credentials: 'same-origin', headers })).catch(() => {});

/** Server-sent events: the data of each is one JSON object. Comments keep the connection alive and are passed over. */
async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
    rest = blocks.pop();
    for (const block of blocks) {
      const field = (name) => block.split(/\r?\n/).filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).replace(/^ /, ''));
      const data = field('data');
      if (data.length) yield { id: field('id')[0] ?? '', event: JSON.parse(data.join('\n')) };
    }
  }
}

/** Uploads one file; `labels` say who may read it, where that is not left to the rules; `onProgress` gets the share sent, 0 to 1. XMLHttpRequest, because fetch does not tell how far an upload is. */
export async function upload(file, labels, onProgress) {
  const headers = Object.entries(await token());
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    const form = new FormData();
    if (labels) form.append('labels', labels);
    form.append('file', file, file.name);
    sending.open('POST', '/api/v1/documents');
    headers.forEach(([name, value]) => sending.setRequestHeader(name, value));
    sending.responseType = 'json';
    sending.upload.addEventListener('progress', (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    sending.addEventListener('error', () => reject(new ApiProblem('offline', '')));
    sending.addEventListener('load', () => {
      if (sending.status < 300) resolve(sending.response);
      else reject(new ApiProblem(sending.response?.code ?? 'internal', sending.response?.detail ?? '', sending.status));
    });
    sending.send(form);
  });
}
