import { Client } from 'pg';
import { configError } from '../domain/errors.ts';
import { translatedAtStart } from './faults.ts';

/** PostgreSQL 14 is the oldest one that is still supported by its makers. */
const oldestServer = 140_000;

/** One connection of its own for an administrator's work. Throws Config `store-refused` or `store-version`, or Unavailable `store-unavailable`. */
export async function connected<T>(
  connectionString: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    connectionString,
    application_name: 'freshet migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // Queries under way are rejected as well; without a listener the process would end.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    return await work(client);
  } catch (error) {
    throw translatedAtStart(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function checkServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as text`,
  );
  if (Number(rows[0]!.number) >= oldestServer) return;
  throw configError(
    'store-version',
    `DATABASE_URL leads to PostgreSQL ${rows[0]!.text}; Freshet needs 14 or later.`,
    'Move the database to a newer server.',
  );
}
