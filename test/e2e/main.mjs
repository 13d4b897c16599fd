// Runs the test files one after the other and counts.
import { readdirSync } from 'node:fs';
import { Suite } from './harness.mjs';

const wanted = process.argv.slice(2);
const files = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.includes(name.replace('.test.mjs', '')))
  .sort();

const suite = new Suite();
for (const file of files) {
  console.log(`${file.replace('.test.mjs', '')}:`);
  await suite.file(file, (await import(`./${file}`)).default);
}
console.log(`${suite.passed} passed, ${suite.failed} failed`);
process.exit(suite.failed === 0 && suite.passed > 0 ? 0 : 1);
