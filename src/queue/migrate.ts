import { runMigrations } from 'bullmq';
import { escapeIdentifier, Pool } from 'pg';

/** The schema of the queue on PostgreSQL. */
export const queueSchema = 'freshet_queue';

/**
 * Makes the queue's tables on PostgreSQL, or brings them to this release, and lets `runtimeRole` use them. For whoever runs
 * `migrate`: a role that only serves may make no schema. May be repeated.
 */
export async function migrateQueue(connectionString: string, runtimeRole: string): Promise<void> {
  const pool = new Pool({
    connectionString,
    application_name: 'freshet migrate',
    max: 1,
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', () => undefined);
  try {
    const client = await pool.connect();
    try {
      await runMigrations(client, queueSchema);
      const to = escapeIdentifier(runtimeRole);
      // BullMQ makes a sequence for each queue when it is first used. Nothing in here is a truth that could be forged.
      await client.query(`
        grant usage, create on schema ${queueSchema} to ${to};
        grant select, insert, update, delete on all tables in schema ${queueSchema} to ${to};
        grant usage, select on all sequences in schema ${queueSchema} to ${to};
        grant execute on all functions in schema ${queueSchema} to ${to}`);
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}
