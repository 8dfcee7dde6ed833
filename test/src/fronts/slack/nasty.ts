import assert from 'node:assert/strict';
import * as fc from 'fast-check';

/** Texts that people and tools really or wickedly send, each as long as it may get. */
export const nasty: Readonly<Record<string, string>> = {
  'signs that are escaped': '<&>'.repeat(667).slice(0, 2000),
  'a mention of everybody': '<!channel> <!here> <@U0QUINN> <#C0REFRESH1> <https://evil.example|approved> '
    .repeat(30)
    .slice(0, 2000),
  'marks that are never closed': '*_~`'.repeat(500),
  'a fence of code': `\`\`\`\n${'x'.repeat(1990)}`,
  'one word of 2,000': 'x'.repeat(2000),
  'lines without end': '\n'.repeat(2000),
  emoji: '👩‍👩‍👧‍👦'.repeat(80),
  'text from right to left': 'עדכון נתונים \u202e dlrow olleh '.repeat(60).slice(0, 2000),
  'halves of signs and controls': `\ud83d\u0000\u0007\u2066${'é'.repeat(1000)}`,
};

/** Pieces that mean something to Slack, to a reader's eye or to a careless cut, in any order and any number. */
const pieces = fc.constantFrom(
  '<!channel>',
  '<!here|all>',
  '<@U0QUINN>',
  '<https://evil.example|approved>',
  '<!date^1^{date}|x>',
  '&amp;',
  '&',
  '<',
  '>',
  '|',
  '`',
  '```',
  '*',
  '_',
  '~',
  ':tada:',
  '👩‍👩‍👧‍👦',
  '\ud83d',
  'שלום',
  '\u202e',
  '\u2066',
  '\u2069',
  '\u200f',
  '\u0000',
  '\n',
  '@channel',
  'orders',
  ' ',
);

/** One of the above, or any mixture of what means something, up to 2,000 characters. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...Object.values(nasty)),
  fc
    .array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 400 })
    .map((parts) => parts.join('').slice(0, 2000)),
);

const ours =
  /^<(?:@U0[A-Z]+|#C0REFRESH1|!date\^\d+\^\{date_short_pretty\}, \{time\}\|[^<>]*|https:\/\/(?:jira\.example\/browse\/DBR-7|webshop\.slack\.com\/archives\/C1\/p1)\|[^<>]*)>$/;

/**
 * Fails where a message or a view could mention, link or call anybody by what was written into it, where Slack itself would
 * make links and mentions of it, or where it turns the reading direction of what follows it.
 */
export function onlyOurs(shown: unknown, what: string): void {
  const texts: string[] = [];
  JSON.stringify(shown, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') texts.push(value);
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'mrkdwn') {
      assert.ok('verbatim' in value && value.verbatim === true, `${what}: text that is not verbatim`);
    }
    return value;
  });
  for (const text of texts) {
    const foreign = (text.match(/<[^>]*>?/g) ?? []).filter((token) => !ours.test(token));
    assert.deepEqual(foreign, [], `${what}: only what we made may call, link or mention`);
    assert.doesNotMatch(text, /[\u202a-\u202e\u2066\u2067]/, `${what}: the reading direction is turned`);
    let open = 0;
    for (const sign of text) {
      if (sign === '\u2068') open += 1;
      if (sign === '\u2069') open -= 1;
      assert.ok(open >= 0, `${what}: an isolate is ended that was not begun`);
    }
    assert.equal(open, 0, `${what}: an isolate is not ended`);
  }
}
