import type { Approval } from '../domain/approval.ts';
import { conflict } from '../domain/errors.ts';
import { idNumber } from '../domain/ids.ts';
import type { Store, StoreTransaction } from './store.ts';
import type { Db } from './tables.ts';
import { requestId, text, withoutNulls } from './values.ts';

export function approvalReads(db: Db): Store['approvals'] {
  return {
    async of(request) {
      const rows = await db
        .selectFrom('freshet.approvals')
        .select([
          'request',
          'decision',
          'by',
          'front',
          'digest',
          'stage',
          'for',
          'fallback',
          'reason',
          'at',
          'voidedAt',
        ])
        .where('request', '=', idNumber(request))
        .orderBy('number')
        .execute();
      return rows.map((row): Approval => ({ ...withoutNulls(row), request: requestId(row.request) }));
    },
  };
}

export function approvalWrites(db: Db): StoreTransaction['approvals'] {
  return {
    ...approvalReads(db),

    async add(approval) {
      const added = await db
        .insertInto('freshet.approvals')
        .values({
          request: idNumber(approval.request),
          decision: approval.decision,
          by: approval.by ?? null,
          front: approval.front,
          digest: approval.digest,
          stage: approval.stage ?? null,
          for: approval.for ?? null,
          fallback: approval.fallback ?? null,
          reason: approval.reason === undefined ? null : text(approval.reason),
          at: approval.at,
          voidedAt: approval.voidedAt ?? null,
        })
        .onConflict((conflicting) => conflicting.doNothing())
        .returning('number')
        .execute();
      if (added.length === 0) {
        throw conflict(
          'request-decided',
          `${approval.request} was decided already.`,
          `/refresh status ${approval.request} shows by whom.`,
          { request: approval.request },
        );
      }
    },

    async voidAll(request, at, by) {
      await db
        .updateTable('freshet.approvals')
        .set({ voidedAt: at })
        .where('request', '=', idNumber(request))
        .where('voidedAt', 'is', null)
        .$if(by !== undefined, (query) => query.where('by', '=', by!))
        .execute();
    },
  };
}
