/** Polls the summary while the page is visible and hands it to the parts that show it. */
import { byId, sum } from './dom.js';
import { showOverview, showReadiness, showUnreachable } from './overview.js';
import { problem, setVocabulary, startPlayground } from './playground.js';
import { showRecent, startRecent } from './recent.js';

const EVERY_MS = 2000;
const PATIENCE_MS = 5000;

let timer;
let failingSince;

async function poll() {
  clearTimeout(timer);
  try {
    const response = await fetch('/dashboard/api/summary', {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const answer = await response.json().catch(() => undefined);
    if (!response.ok) throw new Error(problem(response, answer));
    if (typeof answer?.counts !== 'object')
      throw new Error('The server answered something else than its counts.');
    failingSince = undefined;
    document.body.classList.remove('stale');
    showAll(answer);
  } catch (error) {
    failingSince ??= new Date().toLocaleTimeString();
    document.body.classList.add('stale');
    // A failed connection has no message worth reading; everything else is written for people.
    const connection = error instanceof TypeError || error.name === 'TimeoutError';
    showUnreachable(connection ? 'Portcullis does not answer.' : error.message, failingSince);
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, EVERY_MS);
}

function showAll(summary) {
  byId('empty').hidden = sum(summary.counts.requests) > 0;
  showReadiness(summary.guard);
  showOverview(summary);
  showRecent(summary.recent, summary.taxonomy);
  setVocabulary(summary);
}

function prepareCommand() {
  const body = { model: 'llama3', messages: [{ role: 'user', content: 'How do I bake bread?' }] };
  const command = `curl -s ${location.origin}/v1/chat/completions \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify(body)}'`;
  byId('empty-command').textContent = command;
  const copy = byId('empty-copy');
  copy.hidden = navigator.clipboard === undefined;
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = 'Copied';
    } catch {
      copy.textContent = 'Select and copy it by hand';
    }
  });
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else void poll();
});
prepareCommand();
startPlayground();
startRecent();
void poll();
