import type { RequestId } from '../../../../src/domain/ids.ts';
import type { Site } from '../../../../src/domain/site.ts';
import { openCloud } from '../../../../src/fronts/jira/cloud.ts';
import { openDataCenter } from '../../../../src/fronts/jira/data-center.ts';
import { usualPace, type Context } from '../../../../src/fronts/jira/deps.ts';
import { look } from '../../../../src/fronts/jira/look.ts';
import { openMirror } from '../../../../src/fronts/jira/mirror.ts';
import { createService } from '../../../../src/service/service.ts';
import { token, type Stage } from './stage.ts';

/** Answers to approvals count. */
export const withDesk = (site: Site): Site => ({ ...site, jira: { ...site.jira, serviceDesk: true } });
/** What was asked of Jira Service Management. */
export const deskCalls = ({ jira }: Stage) =>
  jira.calls.filter(({ path }) => path.includes('servicedeskapi'));

/** Another process, which looks at an issue when it is told to. */
export function lookerAt({ paper, jira }: Stage): (id: RequestId) => Promise<unknown> {
  const service = createService({ ...paper.deps, worker: 'looker' });
  const { kind, email, project, issueType } = paper.site.jira;
  const open = kind === 'cloud' ? openCloud : openDataCenter;
  const signIn = email === undefined ? {} : { email };
  const context: Context = {
    service,
    site: paper.site,
    api: open({ baseUrl: jira.url, ...signIn, token, project, issueType, callSeconds: 8 }),
    mirror: openMirror(service),
    baseUrl: jira.url,
    cardUrl: () => Promise.resolve('https://paper.slack.example/archives/C0REFRESH1/p1'),
    log: paper.deps.log,
    pace: usualPace,
  };
  return (id) => look(context, id);
}
