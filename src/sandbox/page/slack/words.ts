import { commands } from '../../../../commands/index.ts';
import type { Site } from '../../../domain/site.ts';
import type { Words } from './state.ts';

/** What people can type, from the same grammar that Freshet reads it with. `slash` are the commands that Slack knows. */
export function wordsOf(site: Pick<Site, 'environments' | 'databases'>, slash: readonly string[]): Words {
  return {
    commands: slash,
    sentences: commands.map(({ words, summary, usage, positionals, options }) => ({
      words,
      summary,
      usage,
      positionals: positionals.map(({ name, many = false }) => ({ name, many })),
      options: options.map(({ name, value, many = false, summary: about }) => ({
        name,
        ...(value !== undefined && { value }),
        many,
        summary: about,
      })),
    })),
    environments: Object.values(site.environments).map(({ name, title, production }) => ({
      name,
      title,
      production,
    })),
    databases: Object.values(site.databases).map(({ name, title }) => ({ name, title })),
  };
}
