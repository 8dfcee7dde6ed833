// A process that owns a sandbox until it is killed: run by the test next to it.
import { startHosts } from '../../../../src/sandbox/hosts/hosts.ts';

await startHosts({
  folder: process.argv[2]!,
  durable: false,
  scale: 0.1,
  now: new Date('2026-11-23T09:00:00Z'),
});
console.log('up');
setInterval(() => undefined, 1000);
