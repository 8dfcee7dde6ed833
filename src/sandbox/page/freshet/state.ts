/** What Freshet is doing. */
export type FreshetState = { running: readonly string[] };
