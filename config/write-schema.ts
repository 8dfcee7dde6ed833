import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { siteFile } from './schema.ts';

/** Where the generated schema lies. */
export const schemaPath = fileURLToPath(new URL('site.schema.json', import.meta.url));

/** The JSON Schema of the site file, for editors. What must fit together is not in it; `loadSite` checks that. */
export function siteJsonSchema(): string {
  const schema = z.toJSONSchema(siteFile, { io: 'input', target: 'draft-07' });
  return `${JSON.stringify({ ...schema, title: 'Freshet site file' }, undefined, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(schemaPath, siteJsonSchema());
}
