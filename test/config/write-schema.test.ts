import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import { parse as parseYaml } from 'yaml';
import { schemaPath, siteJsonSchema } from '../../config/write-schema.ts';
import { cases } from './cases.ts';
import { exampleText, withValue } from './site.ts';

describe('the JSON Schema of the site file', () => {
  it('is the one that "npm run schema" writes', async () => {
    assert.equal(await readFile(schemaPath, 'utf8'), siteJsonSchema(), 'run "npm run schema"');
  });

  it('takes the example, and refuses what has a wrong form', () => {
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(siteJsonSchema()));
    assert(validate(parseYaml(exampleText)), JSON.stringify(validate.errors));
    for (const { set, to } of cases.filter(
      (one) => one.set === 'slack.channel' || one.set === 'hosts.db-test.port',
    )) {
      assert.equal(validate(parseYaml(withValue(set!, to))), false, set);
    }
  });

  it('explains every key', () => {
    const silent: string[] = [];
    const look = (schema: Record<string, unknown>, path: string): void => {
      for (const [key, value] of Object.entries(
        (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (typeof value.description !== 'string') silent.push(`${path}${key}`);
        look(value, `${path}${key}.`);
        for (const inner of [value.additionalProperties, value.items]) {
          if (inner !== null && typeof inner === 'object')
            look(inner as Record<string, unknown>, `${path}${key}.`);
        }
      }
    };
    look(JSON.parse(siteJsonSchema()), '');
    assert.deepEqual(silent, []);
  });
});
