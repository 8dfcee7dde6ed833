import assert from 'node:assert/strict';
import { columns } from '../../../../src/sandbox/slack/plain-text.ts';
import { createTeller } from '../../../../src/sandbox/story/teller.ts';

describe('the teller of the story', () => {
  function told(colour: boolean): string[] {
    const lines: string[] = [];
    const tell = createTeller({ write: (line) => void lines.push(line), colour });
    const long = 'a sentence that goes on '.repeat(12).trim();
    tell.scene('A scene');
    tell.deed('Dana', `/refresh ${long}`);
    tell.shown('a card', `short\n${long}\n${'x'.repeat(250)}\n${'⏳ '.repeat(60)}`);
    tell.line(long);
    tell.claim(long, true);
    tell.claim('broken', false, long);
    return lines;
  }

  it('writes no line that is wider than 100 columns, and nothing gets lost', () => {
    const lines = told(false);
    for (const line of lines) assert.ok(columns(line) <= 100, line);
    assert.equal(lines.join(' ').match(/sentence/g)?.length, 60);
    assert.equal(lines.join('').replaceAll(/[^x]/g, '').length, 250);
    assert.ok(lines.includes('   │ short'));
  });

  it('paints without making the lines any wider', () => {
    // oxlint-disable-next-line no-control-regex -- just what a terminal takes for colours
    const plain = told(true).map((line) => line.replaceAll(/\u001b\[\d+m/g, ''));
    assert.deepEqual(plain, told(false));
  });
});
