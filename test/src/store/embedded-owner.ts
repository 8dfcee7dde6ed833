// A process of its own that owns, or finds, an embedded server and stays until it is killed.
import { startEmbedded } from '../../../src/store/embedded.ts';

const { connectionString, owned } = await startEmbedded({ folder: process.argv[2]! });
console.log(JSON.stringify({ connectionString, owned }));
setInterval(() => undefined, 60_000);
