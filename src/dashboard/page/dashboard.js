/** Polls the summary while the page is visible and hands it to the parts that show it. */
import { byId, sum } from './dom.js';
import { showOverview, showReadiness, showUnreachable } from './overview.js';
import { errorText, setVocabulary, startPlayground } from './playground.js';
import { showRecent, startRecent } from './recent.js';

const EVERY_MS = 2000;
const PATIENCE_MS = 5000;

let timer;
let lastGood;

async function poll() {
  clearTimeout(timer);
  const { summary, problem } = await ask();
  document.body.classList.toggle('stale', summary === undefined);
  if (summary === undefined) showUnreachable(problem, lastGood?.toLocaleTimeString());
  else {
    showAll(summary);
    lastGood = new Date();
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(poll, EVERY_MS);
}

/** The summary, or why there is none, in words for people. */
async function ask() {
  let response;
  try {
    response = await fetch('/dashboard/api/summary', {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    return { problem: 'Portcullis does not answer.' };
  }
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) return { problem: errorText(response, answer) };
  if (typeof answer?.counts === 'object') return { summary: answer };
  return { problem: 'The server answered something else than its counts.' };
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
