import { useId } from 'preact/hooks';
import type { Names } from '../markup/draw.ts';
import { Plain, TextOf } from '../blocks/text.tsx';
import { question } from './asking.ts';
import { Dialog } from './dialog.tsx';

/** "Are you sure?", as a button's own `confirm` asks it. */
export function Confirm({ names }: { names: Names }) {
  const id = useId();
  const asked = question.value;
  if (!asked) return null;
  const { dialog, answer } = asked;
  return (
    <Dialog
      class="confirm"
      role="alertdialog"
      labelledBy={`${id}-title`}
      describedBy={`${id}-text`}
      onCancel={() => answer(false)}
    >
      <h2 id={`${id}-title`} class="dialog-title">
        <Plain text={dialog.title} names={names} />
      </h2>
      <div id={`${id}-text`} class="confirm-text markup">
        <TextOf text={dialog.text} names={names} />
      </div>
      <div class="dialog-foot">
        {/* The answer that changes nothing has the focus. */}
        <button type="button" class="sbutton" autofocus onClick={() => answer(false)}>
          <Plain text={dialog.deny} names={names} />
        </button>
        <button
          type="button"
          class={`sbutton ${dialog.style === 'danger' ? 'danger' : 'primary'}`}
          onClick={() => answer(true)}
        >
          <Plain text={dialog.confirm} names={names} />
        </button>
      </div>
    </Dialog>
  );
}
