import { z } from 'zod';
import { cut } from '../domain/lookup.ts';
import type { Answers } from './words.ts';

/** What Jira itself says about the bot's account and the project. */
export type JiraFacts = {
  account: { id: string; name: string };
  /** By issue type. */
  statuses: Readonly<Record<string, readonly { id: string; name: string }[]>>;
};

const timeoutMs = 8000;

/** People of that Jira choose names; they are shown at a terminal. */
const name = z.string().transform((text) => cut(text, 255));
const me = z.object({ accountId: name.optional(), key: name.optional(), displayName: name.default('') });
const types = z.array(z.object({ name, statuses: z.array(z.object({ id: name, name })) }));

/** Asks Jira with the bot's token; reads only. Rejects with a sentence that never holds the token. */
export async function askJira(
  jira: Pick<Answers['jira'], 'kind' | 'baseUrl' | 'email' | 'project'>,
  token: string,
): Promise<JiraFacts> {
  const cloud = jira.kind === 'cloud';
  const authorization = cloud
    ? `Basic ${Buffer.from(`${jira.email}:${token}`).toString('base64')}`
    : `Bearer ${token}`;
  const get = async <T>(path: string, shape: z.ZodType<T>): Promise<T> => {
    const response = await fetch(`${jira.baseUrl}/rest/api/${cloud ? 3 : 2}/${path}`, {
      headers: { authorization, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {
      throw new Error(`${jira.baseUrl} can't be reached`);
    });
    if (!response.ok) throw new Error(`${jira.baseUrl} answers ${response.status} to ${path}`);
    const answer: unknown = await response.json().catch(() => undefined);
    const read = shape.safeParse(answer);
    if (!read.success) throw new Error(`${jira.baseUrl} answers to ${path} as no Jira does`);
    return read.data;
  };
  const account = await get('myself', me);
  const found = await get(`project/${encodeURIComponent(jira.project)}/statuses`, types);
  return {
    account: { id: (cloud ? account.accountId : account.key) ?? '', name: account.displayName },
    statuses: Object.fromEntries(found.map(({ name, statuses }) => [name, statuses])),
  };
}
