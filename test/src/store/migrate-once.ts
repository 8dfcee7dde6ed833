// A process of its own that migrates and says what it applied.
import { migrate } from '../../../src/store/migrate.ts';

for (const one of await migrate(process.argv[2]!)) console.log(one);
