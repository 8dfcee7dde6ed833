import { z } from 'zod';
import { SiteInvalid, type Fault } from './faults.ts';
import { isBaseUrl } from './schema/values.ts';

/** What the variables of the process say; everything else is in the site file. */
export type Environment = {
  /** `FRESHET_CONFIG`: the site file. */
  sitePath: string;
  /** `DATABASE_URL`: the bot's own PostgreSQL; may hold a password. */
  databaseUrl?: string;
  /** `MIGRATE_DATABASE_URL`: the same database as the role that owns the store; for `migrate` and `audit prune`. */
  migrateDatabaseUrl?: string;
  /** `REDIS_URL`: Redis for the queue; may hold a password. */
  redisUrl?: string;
  /** `LOG_LEVEL`. */
  logLevel: (typeof levels)[number];
  /** `SLACK_API_URL`, with a slash at its end. */
  slackApiUrl: string;
  /** `JIRA_BASE_URL`: goes before `jira.baseUrl`. */
  jiraBaseUrl?: string;
};

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** An empty variable counts as one that is not set, as in shells and compose files. */
function variable<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema);
}

const baseUrlAllowed =
  'an https:// address without user, password, query or fragment (http:// only on this machine)';
const databaseAllowed = 'an address such as postgresql://user@host:5432/freshet';
const redisAllowed =
  'an address such as redis://host:6379/0 or rediss://host:6380/0, or the path of a socket';

const database = variable(
  z
    .string()
    .refine((text) => hasScheme(text, ['postgres:', 'postgresql:']), databaseAllowed)
    .optional(),
);

const variables = z.object({
  FRESHET_CONFIG: variable(z.string().default('config/site.yaml')),
  DATABASE_URL: database,
  MIGRATE_DATABASE_URL: database,
  REDIS_URL: variable(
    z
      .string()
      .refine((text) => text.startsWith('/') || hasScheme(text, ['redis:', 'rediss:', 'unix:']), redisAllowed)
      .optional(),
  ),
  LOG_LEVEL: variable(z.enum(levels, { error: levels.join(', ') }).default('info')),
  SLACK_API_URL: variable(z.string().refine(isBaseUrl, baseUrlAllowed).default('https://slack.com/api/')),
  JIRA_BASE_URL: variable(z.string().refine(isBaseUrl, baseUrlAllowed).optional()),
});

/**
 * Reads the variables that Freshet knows; others are left alone. All faults at once, as `SiteInvalid` with the code
 * `environment-invalid`. Values are never shown: addresses hold passwords.
 */
export function readEnvironment(
  from: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const parsed = variables.safeParse(from);
  if (!parsed.success) {
    const faults: Fault[] = parsed.error.issues.map((issue) => ({
      path: String(issue.path[0]),
      message: `The value is not allowed and not shown; expected ${issue.message}.`,
      hint: '',
    }));
    throw new SiteInvalid(
      'environment-invalid',
      'The environment of the process',
      faults,
      'docs/configuration.md lists the variables.',
    );
  }
  const {
    FRESHET_CONFIG,
    DATABASE_URL,
    MIGRATE_DATABASE_URL,
    REDIS_URL,
    LOG_LEVEL,
    SLACK_API_URL,
    JIRA_BASE_URL,
  } = parsed.data;
  return {
    sitePath: FRESHET_CONFIG,
    logLevel: LOG_LEVEL,
    slackApiUrl: `${SLACK_API_URL.replace(/\/+$/, '')}/`,
    ...(DATABASE_URL === undefined ? {} : { databaseUrl: DATABASE_URL }),
    ...(MIGRATE_DATABASE_URL === undefined ? {} : { migrateDatabaseUrl: MIGRATE_DATABASE_URL }),
    ...(REDIS_URL === undefined ? {} : { redisUrl: REDIS_URL }),
    ...(JIRA_BASE_URL === undefined ? {} : { jiraBaseUrl: JIRA_BASE_URL.replace(/\/+$/, '') }),
  };
}

/** Passwords within the addresses, for the logs to leave out. */
export function secretsOf(environment: Environment): string[] {
  return [environment.databaseUrl, environment.migrateDatabaseUrl, environment.redisUrl].flatMap((text) => {
    if (text === undefined || !URL.canParse(text)) return [];
    const { password } = new URL(text);
    return password === '' ? [] : [text, password, decoded(password)];
  });
}

/** As it was before it was made fit for an address; as it is where that was not done well. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function hasScheme(text: string, schemes: readonly string[]): boolean {
  return URL.canParse(text) && schemes.includes(new URL(text).protocol);
}
