import type { Hook } from '../../../../src/domain/hook.ts';
import type { RequestId } from '../../../../src/domain/ids.ts';
import { openPaper } from '../../../house-of-paper.ts';
import { hookTarget } from '../../../rig/hook-target.ts';

export type Hooked = Awaited<ReturnType<typeof openHooked>>;

/** A house whose environment `ci` has hooks, at a target of their own. Nia may do nothing. */
export async function openHooked() {
  const target = await hookTarget();
  const hook = (name: string, more: Partial<Hook> = {}) =>
    ({
      name, kind: 'call', after: ['refresh', 'undo'], timeoutSeconds: 20,
      url: `${target.url}/${name}`, secret: 'env:HOOK', attempts: 2, ...more,
    }) as Hook; // prettier-ignore
  const hooks = [
    hook('migrate', { after: ['refresh'] }),
    hook('billing-only', { databases: ['billing'] }),
    hook('smoke-test'),
  ];
  const paper = await openPaper((site) => {
    const ci = { ...site.environments['ci']!, hooks };
    const people = { ...site.people, nia: { id: 'nia', name: 'Nia', roles: [] } };
    return { ...site, people, environments: { ...site.environments, ci } };
  });
  await paper.backup();

  async function asked(): Promise<RequestId> {
    const wish = { environment: 'ci', databases: [{ database: 'orders' }], reason: 'a test' };
    return (await paper.service.requestRefresh(paper.actor('dana'), wish)).id;
  }

  return {
    paper,
    target,
    asked,
    paths: () => target.hits.map(({ path }) => path),
    async close(): Promise<void> {
      await paper.close();
      await target.close();
    },
  };
}

export const text = (blocks: unknown) => JSON.stringify(blocks);
