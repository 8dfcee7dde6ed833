import type { Dialect } from '../dialect.ts';
import type { Author, Change, Comment, FieldValue, Issue, RemoteLink } from '../model.ts';
import type { Account } from '../model.ts';
import type { FieldDefinition, LinkType, NamedId, Site } from '../site.ts';
import { fieldOf, priorities, projectKeyOf, resolutions } from '../site.ts';
import { isRichText, listIn } from '../value-text.ts';
import type { Status, Transition } from '../workflow.ts';
import { findStatus } from '../workflow.ts';

/** How REST shows the state: formatted text and people as the dialect has them, times with a numeric offset. */
export interface Renderer {
  readonly base: string;
  readonly dialect: Dialect;
  readonly site: Site;
  /** As it is now. */
  issueOf(id: string): Issue | undefined;
}

export type Json = Readonly<Record<string, unknown>>;

export function isoTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '+0000');
}

export function userJson({ base, site, dialect }: Renderer, accountId: string, self?: Account): Json {
  return dialect.user(base, site.accounts.get(accountId), accountId, self);
}

/** Undefined where Jira leaves the author out, which it does for anonymous and removed ones. */
export function authorJson(renderer: Renderer, author: Author): Json | undefined {
  if (author.kind === 'account') return userJson(renderer, author.accountId);
  if (author.kind === 'missing') return undefined;
  const nobody = renderer.dialect.kind === 'cloud' ? { accountId: null } : { key: null, name: null };
  return { ...nobody, displayName: 'Anonymous', active: false };
}

const categories: Readonly<Record<Status['category'], Json>> = {
  new: { id: 2, key: 'new', colorName: 'blue-gray', name: 'To Do' },
  indeterminate: { id: 4, key: 'indeterminate', colorName: 'yellow', name: 'In Progress' },
  done: { id: 3, key: 'done', colorName: 'green', name: 'Done' },
};

export function statusJson({ base, dialect }: Renderer, status: Status): Json {
  return {
    self: `${base}/rest/api/${dialect.api}/status/${status.id}`,
    description: '',
    iconUrl: `${base}/`,
    name: status.name,
    id: status.id,
    statusCategory: {
      self: `${base}/rest/api/${dialect.api}/statuscategory/${String(categories[status.category]['id'])}`,
      ...categories[status.category],
    },
  };
}

/** The project, or the one that an issue is of. */
export function projectJson({ base, site, dialect }: Renderer, issue?: Pick<Issue, 'key'>): Json {
  const other = issue && site.otherProjects.find((each) => each.key === projectKeyOf(issue.key));
  const { id, key, name } = other ?? site.project;
  return {
    self: `${base}/rest/api/${dialect.api}/project/${id}`,
    id,
    key,
    name,
    projectTypeKey: 'software',
    simplified: false,
    style: 'classic',
    isPrivate: false,
  };
}

export function issueTypeJson({ base, dialect }: Renderer, type: NamedId): Json {
  return {
    self: `${base}/rest/api/${dialect.api}/issuetype/${type.id}`,
    ...type,
    subtask: false,
    hierarchyLevel: 0,
  };
}

export function commentJson(
  renderer: Renderer,
  issue: Issue,
  comment: Comment,
  withProperties = false,
): Json {
  return {
    self: `${renderer.base}/rest/api/${renderer.dialect.api}/issue/${issue.id}/comment/${comment.id}`,
    id: comment.id,
    author: authorJson(renderer, comment.author),
    body: comment.body.source,
    updateAuthor: authorJson(renderer, comment.updateAuthor),
    created: isoTime(comment.createdAt),
    updated: isoTime(comment.updatedAt),
    jsdPublic: true,
    ...(withProperties
      ? { properties: Object.entries(comment.properties).map(([key, value]) => ({ key, value })) }
      : {}),
  };
}

export function changeJson(renderer: Renderer, change: Change): Json {
  return {
    id: change.id,
    author: authorJson(renderer, change.author),
    created: isoTime(change.createdAt),
    items: change.items.map((item) => ({
      field: item.field,
      fieldtype: item.fieldtype,
      ...(renderer.dialect.namesFieldIds ? { fieldId: item.fieldId } : {}),
      from: item.from,
      fromString: item.fromText,
      to: item.to,
      toString: item.toText,
    })),
  };
}

export function linkTypeJson({ base, dialect }: Renderer, type: LinkType): Json {
  return { ...type, self: `${base}/rest/api/${dialect.api}/issueLinkType/${type.id}` };
}

/** What an issue shows of its links; of an issue that is gone there are none. */
export function issueLinksJson(renderer: Renderer, issue: Issue): Json[] {
  const api = `${renderer.base}/rest/api/${renderer.dialect.api}`;
  return issue.issueLinks.flatMap(({ id, typeId, outward, issueId }) => {
    const type = renderer.site.linkTypes.find((each) => each.id === typeId);
    const other = renderer.issueOf(issueId);
    if (type === undefined || other === undefined) return [];
    const status = findStatus(renderer.site.workflow, other.statusId);
    const shown = {
      id: other.id,
      key: other.key,
      self: `${api}/issue/${other.id}`,
      fields: { summary: other.fields['summary'] ?? null, status: status && statusJson(renderer, status) },
    };
    return [
      {
        id,
        self: `${api}/issueLink/${id}`,
        type: linkTypeJson(renderer, type),
        [outward ? 'outwardIssue' : 'inwardIssue']: shown,
      },
    ];
  });
}

export function linkJson({ base, dialect }: Renderer, issue: Issue, link: RemoteLink): Json {
  return {
    id: link.id,
    self: `${base}/rest/api/${dialect.api}/issue/${issue.id}/remotelink/${link.id}`,
    ...(link.globalId === null ? {} : { globalId: link.globalId }),
    ...(link.application === undefined ? {} : { application: link.application }),
    ...(link.relationship === null ? {} : { relationship: link.relationship }),
    object: link.object,
  };
}

export function transitionJson(renderer: Renderer, transition: Transition, withFields: boolean): Json {
  const to = findStatus(renderer.site.workflow, transition.to);
  const fields = (transition.screen ?? []).map(({ fieldId, required }) => [
    fieldId,
    fieldMetaJson(renderer, fieldId, required),
  ]);
  return {
    id: transition.id,
    name: transition.name,
    to: to && statusJson(renderer, to),
    ...(renderer.dialect.kind === 'cloud'
      ? {
          hasScreen: transition.screen !== undefined,
          isGlobal: transition.from === 'any',
          isInitial: false,
          isAvailable: true,
          isConditional: false,
          isLooped: false,
        }
      : { opsbarSequence: 10 }),
    ...(withFields ? { fields: Object.fromEntries(fields) } : {}),
  };
}

/** What `createmeta` and a transition's screen say of a field. */
export function fieldMetaJson({ site }: Renderer, fieldId: string, required: boolean): Json {
  const field = fieldOf(site, fieldId);
  const allowed = field && allowedValues(site, field);
  return {
    required,
    schema: schemaJson(field),
    name: field?.name ?? fieldId,
    key: fieldId,
    fieldId,
    hasDefaultValue: false,
    operations: field?.kind === 'labels' || field?.kind === 'components' ? ['add', 'set', 'remove'] : ['set'],
    ...(allowed ? { allowedValues: allowed } : {}),
  };
}

export function schemaJson(field: FieldDefinition | undefined): Json {
  const type = {
    text: 'string',
    'rich-text': 'string',
    labels: 'array',
    components: 'array',
    user: 'user',
    priority: 'priority',
    resolution: 'resolution',
    option: 'option',
  }[field?.kind ?? 'text'];
  const items = field?.kind === 'labels' ? 'string' : 'component';
  return {
    type,
    ...(type === 'array' ? { items } : {}),
    ...(field?.id.startsWith('customfield_')
      ? { custom: customTypes[field.kind], customId: Number(field.id.slice(12)) }
      : { system: field?.id }),
  };
}

const customTypes: Readonly<Partial<Record<FieldDefinition['kind'], string>>> = {
  text: 'com.atlassian.jira.plugin.system.customfieldtypes:textfield',
  'rich-text': 'com.atlassian.jira.plugin.system.customfieldtypes:textarea',
  option: 'com.atlassian.jira.plugin.system.customfieldtypes:select',
};

function allowedValues(site: Site, field: FieldDefinition): readonly Json[] | undefined {
  if (field.kind === 'priority') return priorities.map((each) => ({ ...each }));
  if (field.kind === 'resolution') return resolutions.map((each) => ({ ...each }));
  if (field.kind === 'components') return site.project.components.map((each) => ({ ...each }));
  if (field.kind === 'option') return (field.options ?? []).map(({ id, name }) => ({ id, value: name }));
  return undefined;
}

function named(list: readonly NamedId[], id: string): NamedId | null {
  return list.find((each) => each.id === id) ?? null;
}

/** A field's value; `text` shows formatted text, which Cloud keeps as ADF and webhooks as plain text. */
export function valueJson(
  renderer: Renderer,
  field: FieldDefinition,
  value: FieldValue,
  text: (value: { source: unknown; plain: string }) => unknown = ({ source }) => source,
): unknown {
  if (value === null) return field.kind === 'labels' || field.kind === 'components' ? [] : null;
  if (isRichText(value)) return text(value);
  if (field.kind === 'components') {
    return listIn(value).map((id) => named(renderer.site.project.components, id));
  }
  if (typeof value !== 'string') return value;
  if (field.kind === 'user') return userJson(renderer, value);
  if (field.kind === 'priority') return named(priorities, value);
  if (field.kind === 'resolution') return named(resolutions, value);
  if (field.kind === 'option') {
    const option = named(field.options ?? [], value);
    return option && { id: option.id, value: option.name };
  }
  return value;
}
