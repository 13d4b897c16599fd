// The kinds of provider that any client must work with, each as a model of its own name.
import { claude, model, relay } from './harness.mjs';

export const TYPES = ['openai', 'anthropic', 'rust-proxy'];

// What each can: calls of tools, thoughts, tokens as the service counted them.
export const CAN = {
  openai: { tools: true, counts: true },
  anthropic: { tools: true, counts: true },
  'rust-proxy': { tools: false, counts: false },
};

const MAKERS = {
  openai: (upstream) => relay('openai', upstream, { id: 'gpt-of-tests' }),
  anthropic: (upstream) => claude('anthropic', upstream, { id: 'claude-of-tests' }),
  'rust-proxy': (upstream) => model('rust-proxy', upstream, { id: 'gpt-4.1-mini' }),
};

// The configuration of one model for each type, named like it.
export function models(upstream, types = TYPES) {
  return types.map((type) => MAKERS[type](upstream)).join('');
}

// Each of these models once with a second service "q", and once alone, under its name and "-alone".
export function paired(upstreams) {
  const [first, second] = upstreams.map((one) => models(one));
  const sections = (one) => one.split(/^(?=\[models\."[^"]*"\]$)/m).filter((part) => part !== '');
  return sections(first).map((part, i) => {
    const other = sections(second)[i].split('\n').slice(2).join('\n').replace('.providers.p]', '.providers.q]');
    const name = /^\[models\."([^"]*)"\]/.exec(part)[1];
    return part + other + part.replaceAll(`models."${name}"`, `models."${name}-alone"`);
  }).join('');
}
