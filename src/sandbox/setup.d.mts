/** Set-up can't go on for a reason the person can mend. */
export declare class Refusal extends Error {
  sentence: string;
  remedy: string | undefined;
  constructor(sentence: string, remedy?: string);
}
export declare const demoNeeds: string[];
export declare const testNeeds: string[];
/** The folder of the clone. */
export declare const root: string;
/** The tools of a need with their full paths, or undefined where one is missing or too old. */
export declare function find(
  name: string,
  where?: { folders?: string[]; postgresFolders?: string[] },
): Record<string, string> | undefined;
/** The full path of a tool, such as `sshd` or `pg_restore` (PostgreSQL's: the newest of 15 or later). */
export declare function findTool(tool: string): string | undefined;
export declare function setUp(options?: {
  need?: string[];
  want?: string[];
  log?: (sentence: string) => void;
}): Promise<{ missing: Record<string, string> }>;
export declare function checkNode(version: string): void;
export declare function orRefuse(main: () => Promise<void>): Promise<void>;
