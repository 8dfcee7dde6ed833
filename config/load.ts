import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { configError } from '../src/domain/errors.ts';
import type { EngineSites } from '../src/domain/engine-site.ts';
import type { Site } from '../src/domain/site.ts';
import { checkEnvironments } from './check/environments.ts';
import { checkHooks } from './check/hooks.ts';
import { checkHosts } from './check/hosts.ts';
import { checkJira } from './check/jira.ts';
import { checkNeutralise } from './check/neutralise.ts';
import { checkPeople } from './check/people.ts';
import { checkShared } from './check/placements.ts';
import { createReport } from './check/report.ts';
import { checkProving } from './check/proving.ts';
import { checkRepositories } from './check/repositories.ts';
import { checkHttp } from './check/http.ts';
import { checkRules } from './check/rules.ts';
import { checkSchedules } from './check/schedules.ts';
import { checkAudit } from './check/audit.ts';
import { checkSlack } from './check/slack.ts';
import { withEngineDefaults } from './engine-defaults.ts';
import { readDocument } from './document.ts';
import { readPacks } from './packs.ts';
import { SiteInvalid, type Fault } from './faults.ts';
import { siteFile } from './schema.ts';
import { readScripts, reason } from './scripts.ts';
import { toSite } from './site.ts';
import { salvage } from './salvage.ts';
import { structureFaults } from './structure.ts';

export type LoadOptions = {
  /** The site file, as `FRESHET_CONFIG` names it. */
  path: string;
  /** The engines there are, by name. */
  engines: EngineSites;
  /** `JIRA_BASE_URL`: goes before the address of the file. */
  jiraBaseUrl?: string;
};

export type LoadedSite = {
  site: Site;
  /** What is allowed and probably not meant. */
  warnings: Fault[];
};

const maxBytes = 4 * 1024 * 1024;

/**
 * The site from its file, with its scripts read and all names checked. Secrets are not opened.
 * Errors, all `Config`: `site-missing`, `site-unreadable`, and `site-invalid` (`SiteInvalid`) with all faults at once.
 */
export async function loadSite(options: LoadOptions): Promise<LoadedSite> {
  return parseSite(await readSiteFile(options.path), options);
}

/** As `loadSite`, from a text that is said to be the file at `options.path`. */
export async function parseSite(text: string, options: LoadOptions): Promise<LoadedSite> {
  const document = readDocument(text);
  const { lineOf } = document;
  if (document.value === undefined) throw invalid(options.path, document.faults);
  const raw = withEngineDefaults(document.value, options.engines);
  const parsed = siteFile.safeParse(raw);
  const issues = parsed.success ? [] : parsed.error.issues;
  const loose = salvage(siteFile, raw) ?? {};
  const { report, findings } = createReport(loose, raw, flawedBy(issues), lineOf);
  checkPeople(report);
  checkHosts(report, options.engines);
  checkEnvironments(report, options.engines);
  checkHooks(report);
  checkRules(report);
  checkSchedules(report);
  checkShared(report);
  checkRepositories(report);
  checkProving(report, options.engines);
  checkSlack(report);
  checkHttp(report);
  checkJira(report);
  checkAudit(report);
  const packs = await readPacks();
  checkNeutralise(report, packs, Object.keys(options.engines));
  const folder = dirname(resolve(options.path));
  const scripts = await readScripts(report, folder);
  const faults = [...document.faults, ...structureFaults(siteFile, raw, issues, lineOf), ...findings.faults];
  if (faults.length > 0 || !parsed.success) throw invalid(options.path, faults);
  const { jiraBaseUrl } = options;
  const site = toSite(parsed.data, {
    folder,
    scripts,
    packs,
    ...(jiraBaseUrl === undefined ? {} : { jiraBaseUrl }),
  });
  return { site, warnings: findings.warnings };
}

async function readSiteFile(path: string): Promise<string> {
  try {
    const facts = await stat(path);
    if (!facts.isFile()) throw unreadable(path, 'it is not a file');
    if (facts.size > maxBytes)
      throw unreadable(path, `it has ${facts.size} bytes, and at most ${maxBytes} are read`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof TypeError) throw unreadable(path, 'it is not UTF-8 text');
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw configError(
        'site-missing',
        `There is no site file "${path}"; FRESHET_CONFIG names it, and "config/site.yaml" is taken without it.`,
        'npx freshet init writes one from a few answers; or copy config/example/site.yaml and its sql folder, change them, and set FRESHET_CONFIG to the copy.',
        { file: path },
      );
    }
    throw error instanceof Error && 'code' in error && !('kind' in error)
      ? unreadable(path, reason(error))
      : error;
  }
}

function unreadable(path: string, why: string) {
  return configError(
    'site-unreadable',
    `The site file "${path}" can't be read: ${why}.`,
    'Check FRESHET_CONFIG and the rights of the file.',
    {
      file: path,
    },
  );
}

function invalid(path: string, faults: readonly Fault[]): SiteInvalid {
  return new SiteInvalid(
    'site-invalid',
    path,
    faults,
    'docs/configuration.md explains every key; config/example/site.yaml is a whole example.',
  );
}

/** The mappings (as `JSON.stringify(path)`) with faults of their own: of what they lack, nothing more can be said. */
function flawedBy(issues: readonly z.core.$ZodIssue[]): Set<string> {
  return new Set(
    issues.map((issue) =>
      JSON.stringify(issue.code === 'unrecognized_keys' ? issue.path : issue.path.slice(0, -1)),
    ),
  );
}
