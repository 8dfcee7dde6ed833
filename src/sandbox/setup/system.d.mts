type Machine = { platform: string; uid: number; apt: boolean };
type Way = { kind: 'install'; packages: string[] } | { kind: 'tell'; sentence: string; command?: string };

/** How missing needs can be met on a machine. Pure. */
export declare function way(missing: string[], machine: Machine): Way;
/** Keeps Debian's packages from starting services while they are installed; returns what puts everything back. */
export declare function keepServicesStopped(files?: { policy?: string; cluster?: string }): () => void;
