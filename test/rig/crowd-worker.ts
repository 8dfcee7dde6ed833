// A worker process of a crowd: its name and its words are told on the command line; it works until it is ended.
import { watchParent } from '../../src/sandbox/parent-watch.mjs';
import { joinCrowd, type CrowdWords } from './crowd.ts';

const [name = '', words = ''] = process.argv.slice(2);
watchParent(() => process.exit(1));
const { queue, service } = await joinCrowd(JSON.parse(words) as CrowdWords, name);
const working = new AbortController();
await queue.work((job) => service.advance(job, working.signal), { concurrency: 4 });
console.log('ready');
