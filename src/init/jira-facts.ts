import { z } from 'zod';
import type { Answers } from './words.ts';

/** What Jira itself says about the bot's account and the project. */
export type JiraFacts = {
  account: { id: string; name: string };
  /** By issue type. */
  statuses: Readonly<Record<string, readonly { id: string; name: string }[]>>;
};

const timeoutMs = 8000;

const me = z.object({
  accountId: z.string().optional(),
  key: z.string().optional(),
  displayName: z.string().default(''),
});
const types = z.array(
  z.object({ name: z.string(), statuses: z.array(z.object({ id: z.string(), name: z.string() })) }),
);

/** Asks Jira with the bot's token; reads only. Rejects with a sentence that never holds the token. */
export async function askJira(
  jira: Pick<Answers['jira'], 'kind' | 'baseUrl' | 'email' | 'project'>,
  token: string,
): Promise<JiraFacts> {
  const cloud = jira.kind === 'cloud';
  const authorization = cloud
    ? `Basic ${Buffer.from(`${jira.email}:${token}`).toString('base64')}`
    : `Bearer ${token}`;
  const get = async (path: string): Promise<unknown> => {
    const response = await fetch(`${jira.baseUrl}/rest/api/${cloud ? 3 : 2}/${path}`, {
      headers: { authorization, accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch(() => {
      throw new Error(`${jira.baseUrl} can't be reached`);
    });
    if (!response.ok) throw new Error(`${jira.baseUrl} answers ${response.status} to ${path}`);
    return response.json();
  };
  const account = me.parse(await get('myself'));
  const found = types.parse(await get(`project/${encodeURIComponent(jira.project)}/statuses`));
  return {
    account: { id: (cloud ? account.accountId : account.key) ?? '', name: account.displayName },
    statuses: Object.fromEntries(found.map(({ name, statuses }) => [name, statuses])),
  };
}
