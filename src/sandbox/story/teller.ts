/** Tells a story to a terminal, and counts what it claims. */
export type Teller = {
  scene(title: string): void;
  /** What somebody typed or pressed. */
  deed(who: string, what: string): void;
  /** Something shown, indented: a card, an issue, rows. */
  shown(title: string, text: string): void;
  line(text: string): void;
  /** A claim: told as kept or broken, and counted. */
  claim(what: string, holds: boolean, detail?: string): void;
  result(): { passed: number; failed: number };
};

export type TellerOptions = { write: (line: string) => void; colour: boolean };

export function createTeller({ write, colour }: TellerOptions): Teller {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  let scenes = 0;
  let passed = 0;
  let failed = 0;
  return {
    scene(title) {
      scenes++;
      write('');
      write(paint(1, `${scenes}. ${title}`));
    },
    deed(who, what) {
      write(`   ${paint(36, who)} ${paint(2, '>')} ${what}`);
    },
    shown(title, text) {
      write(paint(2, `   ┌ ${title}`));
      for (const line of text.trimEnd().split('\n')) write(`${paint(2, '   │')} ${line}`);
      write(paint(2, '   └'));
    },
    line(text) {
      write(`   ${text}`);
    },
    claim(what, holds, detail) {
      if (holds) passed++;
      else failed++;
      write(`   ${holds ? paint(32, '✓') : paint(31, '✗')} ${what}`);
      if (!holds && detail !== undefined) for (const line of detail.split('\n')) write(`       ${line}`);
    },
    result: () => ({ passed, failed }),
  };
}
