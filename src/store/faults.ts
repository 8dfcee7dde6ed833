import { configError, isFreshetError, unavailable } from '../domain/errors.ts';

/** SQLSTATE classes and codes that say: the server, or the way to it, is not there (any more). */
const lost = /^(?:08|57P|53|58|25006$|25P03$)/;
/** A wait inside the server that was cut short; the transaction is rolled back. */
const cutShort = /^(?:40001|40P01|55P03|57014)$/;
/** Refusals that only a change of the configuration mends. */
const refused = /^(?:28|3D000$|42501$)/;

const lostSocket = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** What pg says without a code. */
const lostWords =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|Query read timeout|timeout expired|Client was closed|Cannot use a pool after calling end/i;

/** Whether the connection itself can't be trusted after this error. */
export function isLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = codeOf(error);
  if (code !== undefined && (lostSocket.has(code) || lost.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isLost);
  return lostWords.test(error.message);
}

/** Errors of `pg` as the store promises them; what is neither lost nor cut short comes back as it is: a fault of ours. */
export function translated(error: unknown): unknown {
  if (isFreshetError(error) || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code !== undefined && cutShort.test(code)) {
    return because(
      error,
      unavailable(
        'store-busy',
        "The store's database took too long; nothing was written.",
        'Try again in a moment.',
      ),
    );
  }
  if (!isLost(error) && !(code !== undefined && /^(?:28|3D000$)/.test(code))) return error;
  return because(
    error,
    unavailable(
      'store-unavailable',
      `The store's database can't be reached: ${why(error)}.`,
      'Freshet goes on when it is back; npx freshet check tells more.',
    ),
  );
}

/** Like `translated`, for the start: refusals of the server are faults of the configuration then. */
export function translatedAtStart(error: unknown): unknown {
  if (!isFreshetError(error) && error instanceof Error && refused.test(codeOf(error) ?? '')) {
    return because(
      error,
      configError(
        'store-refused',
        `The database server refused DATABASE_URL: ${why(error)}.`,
        'The user must be able to log in to that database and, for migrations, to create a schema in it; npx freshet migrate gives a second role its rights.',
      ),
    );
  }
  return translated(error);
}

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function because<E extends Error>(cause: Error, error: E): E {
  error.cause = cause;
  return error;
}

function why(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors.find((one) => one instanceof Error) : error;
  const text = (inner instanceof Error ? inner.message : '') || codeOf(error) || 'the connection broke';
  return text.split('\n')[0]!.replace(/\.$/, '').slice(0, 200);
}
