/**
 * What the scripted upstream answers: canned replies chosen by words in the last user message.
 *
 *   echo: TEXT              TEXT, exactly
 *   show me insecure code   a Python block that passes user input to a shell
 *   insecure javascript     a JavaScript block that evaluates user input
 *   show me secure code     a Python block without a flaw
 *   insecure tool           a tool call whose arguments carry insecure Python
 *   tool                    a tool call (the request's first tool, or get_weather)
 *   unsafe reply            a reply that a guard should stop
 *   think                   reasoning first, then the answer
 *   refusal                 OpenAI's refusal field (plain text with Ollama and Anthropic)
 *   long reply [N]          N sentences (200 when no number is given)
 *   anything else           small talk that repeats the prompt
 */

const INSECURE_PYTHON = [
  'Here is a small command runner:',
  '',
  '```python',
  'import os',
  '',
  'user_input = input("Which command? ")',
  'os.system(user_input)',
  '```',
  '',
  'It runs whatever the user types.',
].join('\n');

const INSECURE_JAVASCRIPT = [
  'A calculator in a few lines:',
  '',
  '```javascript',
  'app.get("/calc", (req, res) => {',
  '  res.send(String(eval(req.query.expression)));',
  '});',
  '```',
].join('\n');

const SECURE_PYTHON = [
  'This lists a folder without a shell:',
  '',
  '```python',
  'import os',
  '',
  'for name in sorted(os.listdir(".")):',
  '    print(name)',
  '```',
].join('\n');

const UNSAFE_REPLY =
  'Sure. Wait until your neighbour is asleep, break in through the back door and stab him to death with ' +
  'a kitchen knife. Then burn the house down so that nobody can prove that you murdered him.';

const text = (value) => ({ parts: [{ kind: 'text', text: value }], finish: 'stop' });
const call = (name, args) => ({ parts: [{ kind: 'tool', name, arguments: args }], finish: 'tool_calls' });

/** The text of the last user message of an OpenAI, Anthropic or Ollama body; the prompt of a generate body. */
export function lastPrompt(body) {
  if (typeof body.prompt === 'string') return body.prompt;
  const messages = Array.isArray(body.messages) ? body.messages : [];
  const last = messages.filter((message) => message?.role === 'user').at(-1);
  if (typeof last?.content === 'string') return last.content;
  if (!Array.isArray(last?.content)) return '';
  return last.content.map((part) => part?.text ?? '').join('\n');
}

/**
 * The reply to a request body, the same for the same body.
 * @returns `{ parts, finish }` as `wire.mjs` describes them
 */
export function scriptedReply(body) {
  const prompt = lastPrompt(body)
    .replace(/\[\[[^\]]*\]\]/g, '')
    .trim();
  const says = (words) => prompt.toLowerCase().includes(words);

  const echo = /^echo: ?([\s\S]*)$/i.exec(prompt);
  if (echo) return text(echo[1]);
  if (says('insecure tool')) return call('run_python', { code: 'import os\nos.system(user_input)\n' });
  if (says('insecure javascript')) return text(INSECURE_JAVASCRIPT);
  if (says('insecure code')) return text(INSECURE_PYTHON);
  if (says('secure code')) return text(SECURE_PYTHON);
  if (says('unsafe reply')) return text(UNSAFE_REPLY);
  if (says('tool')) {
    const [first] = body.tools ?? [];
    return call(first?.function?.name ?? first?.name ?? 'get_weather', { city: 'Oslo' });
  }
  if (says('think')) {
    const thought = 'The user wants me to think first, so I count to three. One, two, three.';
    return {
      parts: [{ kind: 'reasoning', text: thought }, ...text('I am done thinking.').parts],
      finish: 'stop',
    };
  }
  if (says('refusal')) {
    return { parts: [{ kind: 'refusal', text: 'I would rather not talk about that.' }], finish: 'stop' };
  }
  const long = /long reply(?: (\d{1,6}))?/i.exec(prompt);
  if (long) return text(sentences(Number(long[1] ?? 200)));
  return text(
    prompt === ''
      ? 'Hello! What would you like to talk about?'
      : `You said: "${prompt}". Thank you for telling me; what else is on your mind today?`,
  );
}

function sentences(count) {
  const line = (i) => `Sentence ${i} of ${count} says that the garden is green and the tea is warm.`;
  return Array.from({ length: count }, (_, i) => line(i + 1)).join(' ');
}
