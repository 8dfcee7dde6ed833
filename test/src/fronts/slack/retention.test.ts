import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectHostProgram } from '../../../../runners/host-program/session.ts';
import { openFolder } from '../../../../runners/repository/folder.ts';
import { openSshHost } from '../../../../runners/transport/ssh.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { freshRun } from '../../../runners/host-program/on-each-shell.ts';
import { missingForSshd, startPrivateHost } from '../../../runners/host-program/private-sshd.ts';
import { skip } from '../../../skip.ts';
import { takingSite } from '../../../taking-site.ts';
import { openStages, operators } from './stage.ts';

/** A repository on a real host, of which the newest backup alone stays. */
function keepingOne(site: Site): Site {
  const taking = takingSite(site);
  const dev = { ...taking.repositories['taken-dev']!, root: 'nightly', retention: { last: 1 } };
  return { ...taking, repositories: { ...taking.repositories, 'taken-dev': dev } };
}

describe('what a round of retention could not remove, in Slack', function () {
  this.timeout(60_000);
  const open = openStages();

  it('is told to the operators, with what the host refused; the backup stays', async function () {
    const missing = missingForSshd('dash');
    if (missing !== undefined) skip(this, missing);
    const at = await startPrivateHost({ shell: 'dash', file: {} });
    const host = openSshHost(at.address);
    const program = connectHostProgram(host);
    try {
      const stage = await open({ site: keepingOne });
      const { paper, slack } = stage;
      const site = paper.site.repositories['taken-dev']!;
      const folder = openFolder(site, { program, engines: [], sources: [], newRun: freshRun });
      Object.assign(paper.deps.repositories, { [site.name]: folder });
      const otto = paper.actor('otto');
      const wish = { environment: 'dev', databases: ['orders'] };
      const { id: takenBy } = await paper.service.requestTake(otto, wish, '');
      await paper.service.cancel(otto, takenBy);
      await paper.drain();
      const taken = (daysAgo: number, path: string) => {
        const takenAt = new Date(Date.now() - daysAgo * 86_400_000);
        const of = { repository: site.name, environment: 'dev', anonymisation: 'raw' as const };
        return paper.backup({ ...of, path, takenAt, dataAt: takenAt, takenBy });
      };
      const path = `dev-orders-20261127T020000Z-${freshRun()}`;
      // Somebody has put another one there under its name.
      await writeFile(join(at.root, path), 'a dump');
      await writeFile(
        join(at.root, `${path}.json`),
        `{\n  "freshet": 1,\n  "checksum": "${'ab'.repeat(32)}"\n}\n`,
      );
      const newer = await taken(1, 'newer');
      const { id } = await taken(2, path);

      await paper.service.keepBackups();
      const alert = await slack.waitFor(() =>
        slack.messages(operators).find(({ text }) => text.startsWith(`Removing ${id} from "taken-dev"`)),
      );
      assert.match(stage.read(alert), /manifest[^]*Hint:[^]*`manifest-differs`/);
      assert.ok((await readdir(at.root)).includes(path));
      assert.equal((await paper.store.backups.get(id))?.state, 'present');
      assert.equal((await paper.store.backups.get(newer.id))?.state, 'present');
    } finally {
      await program.close();
      await host.close();
      await at.stop();
    }
  });
});
