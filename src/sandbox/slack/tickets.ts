import { randomBytes } from 'node:crypto';

/** Things Slack hands out with an interaction that soon stop working: trigger ids and response URLs. */

export type TriggerRefusal = 'invalid_trigger_id' | 'expired_trigger_id' | 'exchanged_trigger_id';

export interface Trigger {
  user: string;
  /** The view the interaction happened in. */
  viewId?: string;
}

const triggerLivesMs = 3000;

export type Triggers = ReturnType<typeof createTriggers>;

/** trigger_ids: they live 3 seconds and open one view. */
export function createTriggers(teamId: string, now: () => number) {
  const known = new Map<string, Trigger & { until: number; used: boolean }>();
  function issue(trigger: Trigger): string {
    const number = teamId.replaceAll(/\D/g, '') || '1';
    const id = `${Math.floor(now() * 1000)}.${number}.${randomBytes(16).toString('hex')}`;
    known.set(id, { ...trigger, until: now() + triggerLivesMs, used: false });
    return id;
  }
  /** Spends it, or says why it can't be. */
  function spend(id: string): Trigger | TriggerRefusal {
    const trigger = known.get(id);
    if (!trigger) return 'invalid_trigger_id';
    if (trigger.used) return 'exchanged_trigger_id';
    if (now() > trigger.until) return 'expired_trigger_id';
    trigger.used = true;
    return trigger;
  }
  return { issue, spend, reset: () => known.clear() };
}

/** Where a response URL leads. */
export interface Origin {
  channel: string;
  user: string;
  /** The message that was acted on; none for a command. */
  source?: { ts: string; ephemeral: boolean; threadTs?: string };
}

const urlLivesMs = 30 * 60_000;
const urlUses = 5;

export type ResponseUrls = ReturnType<typeof createResponseUrls>;

/** response_urls: 5 uses within 30 minutes. */
export function createResponseUrls(teamId: string, now: () => number, base: () => string) {
  const known = new Map<string, Origin & { until: number; uses: number }>();
  function issue(kind: 'commands' | 'actions', origin: Origin): string {
    const path = `/${kind}/${teamId}/${randomBytes(6).readUIntBE(0, 6)}/${randomBytes(12).toString('hex')}`;
    known.set(path, { ...origin, until: now() + urlLivesMs, uses: 0 });
    return base() + path;
  }
  function use(path: string): Origin | 'expired_url' | 'used_url' | 'no_such_url' {
    const found = known.get(path);
    if (!found) return 'no_such_url';
    if (now() > found.until) return 'expired_url';
    if (found.uses >= urlUses) return 'used_url';
    found.uses++;
    return found;
  }
  return { issue, use, reset: () => known.clear() };
}
