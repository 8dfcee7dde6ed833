import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { load } from '../../runners/mysql/shell.ts';
import type { RunId } from '../../src/domain/ids.ts';
import { processesWith } from '../rig/step-processes.ts';
import { freshRun, type OnShell, standIn } from '../runners/host-program/on-each-shell.ts';
import { until } from '../until.ts';
import { marked } from './mysql-dump.ts';

/**
 * Stands in for the client of MySQL: no server is here, and nothing carries out what a session is given. It writes that down, and when a
 * session began and ended. One that reads "fails here" fails as the client does, one that reads "hangs here" reads no further.
 */
const client = (folder: string) => `
case " $* " in *' --help '*) exit ;; esac
at='${folder}'/\${HOME##*/}
mkdir -p "$at"
echo "began $$" >>"$at/sessions"
sed -e '/fails here/q' -e '/hangs here/q' >"$at/$$.sql"
if grep -q 'fails here' "$at/$$.sql"; then
  echo "ERROR 1062 (23000) at line 5: Duplicate entry '${marked}' for key 'PRIMARY'" >&2
  exit 1
fi
if grep -q 'hangs here' "$at/$$.sql"; then
  echo "hangs $$" >>"$at/sessions"
  exec sleep 600
fi
echo "ended $$" >>"$at/sessions"`;

/** A host that can load dumps of MySQL, into a server that is not there. */
export const loadHost = {
  servers: [{ name: 'test-my', engine: 'mysql' as const, port: 3306, loader: 'loader' }],
  targets: [{ name: 'uat-catalog', server: 'test-my', database: 'catalog' }],
  tools: { gzip: '/bin/gzip', mariadb: '/bin/true' },
};

/** Loads of a suite, over so many sessions of the stand-in. Whatever one left running is ended behind each test. */
export function loadsOf(on: OnShell, sessions: number) {
  let fence = 0;
  let holder: RunId | undefined;
  before(async () => {
    if (on.at === undefined) return;
    await standIn(on.at, 'tool mariadb', client(on.at.folder));
  });

  // Whatever a test left running would keep the target from the next one.
  afterEach(async () => {
    if (holder !== undefined) await on.program.sweep(holder, fence);
    holder = undefined;
  });

  const partsOf = (run: RunId) => processesWith(`FRESHET_MARK=/${run}/load/`);
  const gone = (run: RunId) => until('nothing of it is left', () => partsOf(run).length === 0);

  /** Begins to load a dump. */
  async function loading(text: string | Buffer) {
    const run = freshRun();
    fence++;
    holder = run;
    await writeFile(join(on.at.root, `${run}.sql.gz`), gzipSync(text));
    await on.program.claim('uat-catalog', run, fence);
    const connection = { server: 'test-my', identity: 'loader' as const, database: `catalog__new_${run}` };
    const piece = load('mysql-plain-gzip', { root: 'nightly', path: `${run}.sql.gz` }, sessions);
    await on.program.submit(
      on.step({ run, step: 'load', target: 'uat-catalog', fence, connection, ...piece }),
    );
    return { run, fence, folder: join(on.at.folder, run) };
  }

  async function loaded(text: string | Buffer) {
    const { run, folder } = await loading(text);
    const state = await on.program.wait(run, 'load', { timeoutSeconds: 60 });
    assert.ok(state.state === 'ended', JSON.stringify(state));
    await gone(run);
    return { ...state, folder };
  }

  return { loading, loaded, gone };
}
