// Runs the test files and counts: those that measure time or memory one after the other, then all else, a few
// at once.
import { readdirSync } from 'node:fs';
import { Suite } from './harness.mjs';

const ALONE = ['beside', 'files', 'flood', 'clickhouse', 'guard', 'life', 'load', 'memory', 'service', 'small'];
const AT_ONCE = 3;

const words = process.argv.slice(2);
const without = words[0] === '--but';
const wanted = without ? words.slice(1) : words;
const all = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => name.replace('.test.mjs', ''));
const names = all.filter((name) => wanted.length === 0 || wanted.includes(name) !== without).sort();

const suite = new Suite();
for (const name of wanted.filter((one) => !all.includes(one))) {
  suite.failed++;
  console.log(`  FAIL  ${name}: there is no such file`);
}
async function lane(queue) {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    await suite.file(name, (await import(`./${name}.test.mjs`)).default);
  }
}

await lane(names.filter((name) => ALONE.includes(name)));
const others = names.filter((name) => !ALONE.includes(name));
await Promise.all(Array.from({ length: AT_ONCE }, () => lane(others)));
console.log(`${suite.passed} passed, ${suite.failed} failed`);
process.exit(suite.failed === 0 && suite.passed > 0 ? 0 : 1);
