import { everythingIn, literal, qualified } from '../../../runners/mysql/quote.ts';
import { routineRights } from '../../../runners/mysql/setup.ts';
import type { Takes } from '../engine-bench.ts';
import { accounts, type MysqlServer } from './server.ts';

/** A table of `makeOdd` with rows. */
const oddTable = `ta'b;le "\\\\`;
const reader = `${accounts.reader}@'127.0.0.1'`;

const routines = ({ isMariadb }: MysqlServer) => routineRights[isMariadb ? 'MariaDB' : 'MySQL'];

export const takes: Takes<MysqlServer> = {
  async rows(server, name) {
    const tables = await server.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ${literal(name)} AND table_type = 'BASE TABLE'`,
    );
    const counted: Record<string, number> = {};
    for (const { name: table } of tables)
      counted[table] = Number(await server.value(`SELECT COUNT(*) FROM ${qualified(name, table)}`));
    return counted;
  },
  grow: async (server, name) =>
    void (await server.sql(`INSERT INTO ${qualified(name, oddTable)} (raw) VALUES ('more')`)),
  change: async (server, name) =>
    void (await server.sql(`ALTER TABLE ${qualified(name, oddTable)} ADD COLUMN d int`)),
  async blind(server, name) {
    await server.sql(
      `REVOKE TRIGGER, EVENT ON ${everythingIn(name)} FROM ${reader}; REVOKE ${routines(server)} FROM ${reader}`,
    );
    return ['reader-denied', 'reader-denied'];
  },
  see: async (server, name) =>
    void (await server.sql(
      `GRANT TRIGGER, EVENT ON ${everythingIn(name)} TO ${reader}; GRANT ${routines(server)} TO ${reader}`,
    )),
};
