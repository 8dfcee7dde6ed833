// @ts-check
// `npm run demo`: plain JavaScript with Node's own modules only, because it runs before node_modules exists.
import { demoNeeds, orRefuse, root, setUp } from './setup.mjs';
import { runToEnd } from './run-to-end.mjs';

await orRefuse(async () => {
  await setUp({ need: demoNeeds });
  const args = ['--import=tsx', 'src/sandbox/demo.ts', ...process.argv.slice(2)];
  process.exitCode = await runToEnd(process.execPath, args, { cwd: root });
});
