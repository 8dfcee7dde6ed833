import { createFaults } from './faults.ts';
import type { Faults } from './faults.ts';
import { forge } from './forge.ts';
import type { Forgery } from './forge.ts';
import { createHttp } from './http.ts';
import type { CallRecord } from './http.ts';
import type { Account, Issue } from './model.ts';
import { createPeople } from './people.ts';
import type { People } from './people.ts';
import { createWriteCounter, jiraWriteLimits } from './rate-limit.ts';
import type { WriteLimit } from './rate-limit.ts';
import { createServiceDesk, type Portal } from './service-desk.ts';
import { project as defaultProject, usualLinkTypes } from './site.ts';
import type { LinkType, OtherProject, Project, ProjectRole, Site } from './site.ts';
import { createState } from './state.ts';
import { addCommentRoutes } from './rest/comment-routes.ts';
import { addIssueRoutes } from './rest/issue-routes.ts';
import { addLinkRoutes } from './rest/link-routes.ts';
import { addPropertyRoutes } from './rest/property-routes.ts';
import { addRoleRoutes } from './rest/role-routes.ts';
import { addSiteRoutes } from './rest/site-routes.ts';
import { addTransitionRoutes } from './rest/transition-routes.ts';
import { webhookPayload } from './rest/webhook-payload.ts';
import { dataCenter } from './v2/dialect.ts';
import { addOffsetSearch } from './v2/search-routes.ts';
import { cloud } from './v3/dialect.ts';
import { addTokenSearch } from './v3/search-routes.ts';
import { renderIssue, viewBoard, viewIssue } from './view.ts';
import type { Column, IssueView } from './view.ts';
import { waitUntil } from './wait.ts';
import { createWebhooks } from './webhooks.ts';
import type { Delivery, WebhookOptions, WebhookTarget } from './webhooks.ts';
import { standardWorkflow } from './workflow.ts';
import type { Workflow } from './workflow.ts';

export interface JiraOptions {
  /** Which Jira it is; `cloud` when left out. The state and the people are the same, the API is another. */
  readonly kind?: 'cloud' | 'data-center';
  /** Everybody who can sign in or be seen as an author: people, the bot, Jira's automation. */
  readonly accounts: readonly Account[];
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  readonly project?: Project;
  /** Projects beside it, with issues that people make. */
  readonly otherProjects?: readonly OtherProject[];
  /** `usualLinkTypes` when left out; none: issue linking is switched off. */
  readonly linkTypes?: readonly LinkType[];
  readonly workflow?: Workflow;
  /** Roles of the project; Cloud only. None by default. */
  readonly roles?: readonly ProjectRole[];
  /** Account ids by the name of a group of the site; Cloud only. None by default. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Its project is one of Jira Service Management. Off by default: it is not installed. */
  readonly serviceDesk?: boolean;
  readonly webhook?: WebhookTarget;
  readonly webhookOptions?: WebhookOptions;
  /** How far the search index runs behind; 300 ms when left out. Reading an issue by key is never late. */
  readonly indexDelayMs?: number;
  /** Its clock, in milliseconds; the machine's when left out. */
  readonly now?: () => number;
  /** On writes to one issue; Jira's own when left out, `[]` for none. */
  readonly writeLimits?: readonly WriteLimit[];
  /** Issue properties that JQL may ask for. None by default: Jira indexes only what an installed app declares. */
  readonly indexedProperties?: readonly string[];
}

/** A Jira site on 127.0.0.1: REST for programs, and the methods of `People` for those who click. */
export interface JiraStandIn extends People {
  /** The base address for `JIRA_BASE_URL`. */
  readonly url: string;
  readonly site: Site;
  readonly faults: Faults;
  /** Throws where there is no Jira Service Management. */
  readonly portal: Portal;
  /** Every call of the API, in order. */
  readonly calls: readonly CallRecord[];
  /** Every webhook, with its attempts. */
  readonly deliveries: readonly Delivery[];
  setWebhook(target: WebhookTarget | undefined): void;
  /** Keeps webhooks back until released, in the order sent or reversed. */
  holdWebhooks(): { release(order?: 'sent' | 'reversed'): void };
  /** Sends a delivery again, same bytes and identifier; the receiver's status. */
  replayWebhook(delivery: Delivery): Promise<number | string>;
  /** Sends a claim that an issue was moved, which Jira never made; the receiver's status. */
  forgeWebhook(forgery: Forgery): Promise<number | string>;
  /** Adds an account or changes one, such as its permissions. */
  setAccount(account: Account): void;
  board(): readonly Column[];
  issues(): readonly IssueView[];
  /** Every issue as it is stored, with formatted text as it was sent; what a page draws. */
  stored(): readonly Issue[];
  /** Throws where there is no such issue. */
  issue(key: string): IssueView;
  renderText(key: string): string;
  /** Called after every change; returns how to stop it. */
  onChange(listener: () => void): () => void;
  /** Resolves with what the predicate gave as soon as that is truthy; rejects with the state after `timeoutMs`. */
  waitFor<T>(predicate: (jira: JiraStandIn) => T | undefined | null | false, timeoutMs?: number): Promise<T>;
  /** Forgets issues, faults, calls and deliveries, for the next test; accounts and the webhook's address stay. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts the stand-in; listens on 127.0.0.1 only. */
export async function startJira(options: JiraOptions): Promise<JiraStandIn> {
  const dialect = options.kind === 'data-center' ? dataCenter : cloud;
  const site: Site = {
    title: 'Jira stand-in',
    now: options.now ?? Date.now,
    project: options.project ?? defaultProject(),
    otherProjects: options.otherProjects ?? [],
    linkTypes: options.linkTypes ?? usualLinkTypes,
    workflow: options.workflow ?? standardWorkflow(),
    accounts: new Map(options.accounts.map((each) => [each.accountId, each])),
    roles: new Map((options.roles ?? []).map((each) => [each.name, each])),
    groups: new Map(Object.entries(options.groups ?? {})),
    indexedProperties: options.indexedProperties ?? [],
  };
  const state = createState(site);
  const faults = createFaults();
  // Limits on writes to one issue are Cloud's own.
  const limits = options.writeLimits ?? (dialect.kind === 'cloud' ? jiraWriteLimits : []);
  const writes = createWriteCounter(limits, () => site.now());
  const http = createHttp({ prefix: `/rest/api/${dialect.api}`, dialect, state, faults, writes });
  const server = http.app.listen(options.port ?? 0, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', reject);
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const renderer = { base: url, site, dialect, issueOf: (id: string) => state.read(id) };
  addSiteRoutes(http, state, renderer);
  if (dialect.kind === 'cloud') addRoleRoutes(http, state, renderer);
  addIssueRoutes(http, state, renderer);
  addTransitionRoutes(http, state, renderer);
  addCommentRoutes(http, state, renderer);
  addLinkRoutes(http, state, renderer);
  addPropertyRoutes(http, state, renderer);
  const addSearch = dialect.kind === 'cloud' ? addTokenSearch : addOffsetSearch;
  addSearch(http, state, renderer, () => options.indexDelayMs ?? 300);
  const desk = options.serviceDesk === true ? createServiceDesk(http, state, renderer) : undefined;
  // Links to issues lead somewhere: the issue as text, for anybody who sits at this machine.
  http.app.get('/browse/:key', (request, response) => {
    const found = state.read(request.params.key);
    response.type('text/plain').status(found ? 200 : 404);
    response.end(found ? renderIssue(viewIssue(state, found)) : `No issue ${request.params.key}`);
  });
  http.finish();

  // Data Center gives a delivery no name and sends it once.
  const webhooks = createWebhooks(faults, {
    ...(dialect.kind === 'cloud' ? {} : { named: false, retries: 0 }),
    ...options.webhookOptions,
  });
  let target = options.webhook;
  webhooks.setTarget(target);
  const listeners = new Set<() => void>();
  state.onEvent((event) => {
    const payload = webhookPayload(renderer, event);
    if (payload) webhooks.send(event.issue.key, payload);
    tellListeners();
  });

  function issue(key: string): IssueView {
    const found = state.read(key);
    if (!found) throw new Error(`No issue "${key}" in the Jira stand-in`);
    return viewIssue(state, found);
  }

  function tellListeners(): void {
    for (const listener of listeners) listener();
  }

  function onChange(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  const jira: JiraStandIn = {
    ...createPeople(state, dialect),
    url,
    site,
    faults,
    get portal() {
      if (desk === undefined) throw new Error('The Jira stand-in has no Jira Service Management');
      return desk.portal;
    },
    calls: http.calls,
    deliveries: webhooks.deliveries,
    setWebhook(next) {
      target = next;
      webhooks.setTarget(next);
    },
    holdWebhooks: () => webhooks.hold(),
    replayWebhook: (delivery) => webhooks.replay(delivery),
    forgeWebhook(forgery) {
      const { body, headers } = forge(renderer, state, forgery, target?.secret ?? '');
      return webhooks.forge(body, headers);
    },
    setAccount(account) {
      site.accounts.set(account.accountId, account);
    },
    board: () => viewBoard(state),
    issues: () => state.all().map((each) => viewIssue(state, each)),
    stored: () => state.all(),
    issue,
    renderText: (key) => renderIssue(issue(key)),
    onChange,
    waitFor(predicate, timeoutMs = 20_000) {
      return waitUntil(
        () => predicate(jira),
        onChange,
        timeoutMs,
        () => jira.issues().map(renderIssue).join('\n\n'),
      );
    },
    reset() {
      faults.reset();
      webhooks.reset();
      state.clear();
      desk?.forget();
      http.calls.length = 0;
      tellListeners();
    },
    async close() {
      webhooks.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return jira;
}
