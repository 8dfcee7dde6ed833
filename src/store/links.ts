import { sql, type Selectable } from 'kysely';
import type { Link, LinkCode } from '../domain/link.ts';
import type { LinkReads } from './people.ts';
import type { StoreTransaction } from './store.ts';
import type { Db, LinkCodeRow } from './tables.ts';
import { text, withoutNulls } from './values.ts';

export function linkReads(db: Db): LinkReads {
  return {
    async all() {
      const rows = await db.selectFrom('freshet.links').selectAll().orderBy('person').execute();
      return rows.map(withoutNulls);
    },

    async awaited(front, now) {
      const row = await db
        .selectFrom('freshet.linkCodes')
        .select(({ fn }) => fn.min('madeAt').as('since'))
        .where('front', '=', front)
        .where('account', 'is', null)
        .where('endedAt', 'is', null)
        .where('expiresAt', '>', now)
        .executeTakeFirst();
      return row?.since ?? undefined;
    },
  };
}

export function linkWrites(db: Db): StoreTransaction['links'] {
  const codes = () => db.selectFrom('freshet.linkCodes').selectAll().forUpdate();
  return {
    async add(link: Link) {
      const added = await db
        .insertInto('freshet.links')
        .values({ ...link, name: text(link.name) })
        .onConflict((conflicting) => conflicting.doNothing())
        .returning('person')
        .execute();
      return added.length > 0;
    },

    async remove(person, front, account) {
      const removed = await db
        .deleteFrom('freshet.links')
        .where('person', '=', person)
        .where('front', '=', front)
        .$if(account !== undefined, (query) => query.where('account', '=', account!))
        .returningAll()
        .executeTakeFirst();
      return removed === undefined ? undefined : withoutNulls(removed);
    },

    async makeCode({ person, front, hash, madeAt, expiresAt }, { most, since }) {
      // Of one person's, one after the other: nobody gets more by asking twice at once.
      await sql`select pg_advisory_xact_lock(hashtext(${`link ${person}`}))`.execute(db);
      const { made } = await db
        .selectFrom('freshet.linkCodes')
        .select(({ fn }) => fn.countAll<string>().as('made'))
        .where('person', '=', person)
        .where('madeAt', '>', since)
        .executeTakeFirstOrThrow();
      if (Number(made) >= most) return undefined;
      await db
        .updateTable('freshet.linkCodes')
        .set({ endedAt: madeAt })
        .where('person', '=', person)
        .where('front', '=', front)
        .where('endedAt', 'is', null)
        .execute();
      const row = await db
        .insertInto('freshet.linkCodes')
        .values({ person, front, hash, madeAt, expiresAt })
        .returningAll()
        .executeTakeFirstOrThrow();
      return codeFrom(row);
    },

    async codeByHash(hash) {
      const row = await codes().where('hash', '=', hash).executeTakeFirst();
      return row === undefined ? undefined : codeFrom(row);
    },

    async code(number) {
      const row = await codes().where('number', '=', number).executeTakeFirst();
      return row === undefined ? undefined : codeFrom(row);
    },

    async found(number, { account, name }) {
      await db
        .updateTable('freshet.linkCodes')
        .set({ account, name: text(name) })
        .where('number', '=', number)
        .execute();
    },

    async endCode(number, at) {
      await db.updateTable('freshet.linkCodes').set({ endedAt: at }).where('number', '=', number).execute();
    },
  };
}

function codeFrom(row: Selectable<LinkCodeRow>): LinkCode {
  const { number, person, front, madeAt, expiresAt, account, name, endedAt } = row;
  return {
    number,
    person,
    front,
    madeAt,
    expiresAt,
    ...(account === null || name === null ? {} : { found: { account, name } }),
    ...(endedAt === null ? {} : { endedAt }),
  };
}
