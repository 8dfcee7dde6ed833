/** Slack's tiers: calls of one method a minute. The special one is chat.postMessage: about one a second for each
 *  channel. How large a burst may be Slack does not say; here a tier's whole minute, and 20 messages. */
export type Tier = 'tier1' | 'tier2' | 'tier3' | 'tier4' | 'post' | 'none';

const buckets: Record<Exclude<Tier, 'none'>, { size: number; perSecond: number }> = {
  tier1: { size: 1, perSecond: 1 / 60 },
  tier2: { size: 20, perSecond: 20 / 60 },
  tier3: { size: 50, perSecond: 50 / 60 },
  tier4: { size: 100, perSecond: 100 / 60 },
  post: { size: 20, perSecond: 1 },
};

export type RateLimits = ReturnType<typeof createRateLimits>;

/** Token buckets, one for each key. */
export function createRateLimits(now: () => number) {
  const levels = new Map<string, { tokens: number; at: number }>();
  /** Takes one call. Gives the seconds to wait where there is none left, else 0. */
  function take(tier: Tier, key: string): number {
    if (tier === 'none') return 0;
    const { size, perSecond } = buckets[tier];
    const at = now();
    const level = levels.get(key) ?? { tokens: size, at };
    levels.set(key, level);
    level.tokens = Math.min(size, level.tokens + (Math.max(0, at - level.at) / 1000) * perSecond);
    level.at = at;
    if (level.tokens < 1) return Math.max(1, Math.ceil((1 - level.tokens) / perSecond));
    level.tokens -= 1;
    return 0;
  }
  return { take, reset: () => levels.clear() };
}
