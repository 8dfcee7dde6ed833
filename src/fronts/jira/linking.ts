import { absent, type createCaller } from './call.ts';
import { refOf } from './answers.ts';
import type { IssueLink, JiraApi, LinkType } from './api.ts';
import { isObject, objectsIn, textIn } from './json.ts';
import { line } from './text.ts';

/** A call of the REST API below `/rest/`, by the client with its credentials. */
export type Send = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  more?: { params?: Record<string, string | number>; data?: unknown; headers?: Record<string, string> },
) => Promise<unknown>;

/** Issues of whatever project, and links between them: alike in Cloud and Data Center. */
export function linkingOver(
  send: Send,
  call: ReturnType<typeof createCaller>,
  version: '2' | '3',
): Pick<JiraApi, 'find' | 'linkTypes' | 'links' | 'link' | 'remove'> {
  const api = `api/${version}`;
  return {
    async find(key) {
      const path = `${api}/issue/${encodeURIComponent(key)}`;
      const issue = await absent(
        call('read', undefined, () => send('GET', path, { params: { fields: 'summary' } })),
      );
      return issue === undefined ? undefined : refOf(issue);
    },

    async linkTypes() {
      const answer = await absent(call('read', undefined, () => send('GET', `${api}/issueLinkType`)));
      return isObject(answer) ? objectsIn(answer['issueLinkTypes']).map(typeOf) : [];
    },

    async links(id) {
      const issue = await call('read', id, () =>
        send('GET', `${api}/issue/${id}`, { params: { fields: 'issuelinks' } }),
      );
      const fields = isObject(issue) && isObject(issue['fields']) ? issue['fields'] : {};
      return objectsIn(fields['issuelinks']).flatMap((link): IssueLink[] => {
        const outward = isObject(link['outwardIssue']);
        const other = outward ? link['outwardIssue'] : link['inwardIssue'];
        return isObject(other) ? [{ type: typeOf(link['type']).name, outward, to: refOf(other) }] : [];
      });
    },

    async link(from, to, type) {
      await call('link', from, () =>
        send('POST', `${api}/issueLink`, {
          data: { type: { name: type }, inwardIssue: { id: from }, outwardIssue: { id: to } },
        }),
      );
    },

    async remove(id) {
      await call('delete', id, () => send('DELETE', `${api}/issue/${id}`));
    },
  };
}

function typeOf(type: unknown): LinkType {
  return {
    name: textIn(type, 'name'),
    inward: line(textIn(type, 'inward'), 60),
    outward: line(textIn(type, 'outward'), 60),
  };
}

/** The type that the site file means, by its name or by its words, and which way round; undefined: there is none. */
export function linkTypeMeant(
  types: readonly LinkType[],
  wanted: string,
): { type: LinkType; outward: boolean } | undefined {
  const same = (text: string) => text.toLowerCase() === wanted.toLowerCase();
  const type =
    types.find(({ name }) => same(name)) ??
    types.find(({ outward }) => same(outward)) ??
    types.find(({ inward }) => same(inward));
  if (type === undefined) return undefined;
  return { type, outward: same(type.name) || same(type.outward) };
}
