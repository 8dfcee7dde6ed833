type Buttons = { blocks: readonly unknown[] };

/** Action id of the first button of a message whose words fit. */
export function buttonOf(message: Buttons, words: RegExp): string {
  const found = buttonsOf(message).find(({ label }) => words.test(label));
  if (found === undefined) throw new Error(`no button ${words.source} on the card`);
  return found.action;
}

/** What a button of a message reads; its action id where there is none any more. */
export function labelOf(message: Buttons, action: string): string {
  return buttonsOf(message).find((one) => one.action === action)?.label ?? action;
}

function buttonsOf({ blocks }: Buttons): { action: string; label: string }[] {
  type Block = { type: string; elements?: { text?: { text: string }; action_id?: string }[] };
  return (blocks as readonly Block[])
    .filter(({ type }) => type === 'actions')
    .flatMap(({ elements }) => elements ?? [])
    .flatMap(({ text, action_id: action }) =>
      action === undefined ? [] : [{ action, label: text?.text ?? '' }],
    );
}
