// @ts-check
// `npm run demo`: plain JavaScript with Node's own modules only, because it runs before node_modules exists.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demoNeeds, orRefuse, root, setUp } from './setup.mjs';
import { runToEnd } from './run-to-end.mjs';

await orRefuse(async () => {
  await setUp({ need: demoNeeds });
  const args = ['--import=tsx', 'src/sandbox/demo.ts', ...process.argv.slice(2)];
  // What is compiled on the way is kept with the rest: the demo leaves nothing outside of .sandbox.
  const temporary = join(root, '.sandbox', 'tmp');
  mkdirSync(temporary, { recursive: true, mode: 0o700 });
  const env = { ...process.env, TMPDIR: temporary };
  process.exitCode = await runToEnd(process.execPath, args, { cwd: root, env });
});
