import { useState } from 'preact/hooks';
import type { Issue, Transition } from '../../jira/state.ts';
import { Dialog } from '../frame/dialog.tsx';
import { parts } from '../live.ts';
import { asking, move } from './move.ts';

/** What Jira asks before a move: the fields of the way's screen, and a comment if one likes. */
export function MoveDialog({ issue, transition }: { issue: Issue; transition: Transition }) {
  const [fault, setFault] = useState<string>();
  const to = parts.jira.value?.columns.find(({ id }) => id === transition.to)?.name ?? transition.name;
  const close = () => (asking.value = undefined);

  async function submit(event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const filled = Object.fromEntries(
      [...new FormData(event.currentTarget)].map(([name, value]) => [
        name,
        typeof value === 'string' ? value : '',
      ]),
    );
    const { comment = '', ...fields } = filled;
    const why = await move(issue.key, transition, { comment, fields });
    if (why === undefined) close();
    else setFault(why);
  }

  return (
    <Dialog title={`Move ${issue.key} to ${to}`} close={close}>
      <form class="form" onSubmit={(event) => void submit(event)}>
        <p class="soft">{issue.summary}</p>
        {transition.screen.map(({ id, name, required, choices }) => (
          <label key={id}>
            {name} {required && <span class="required">(required)</span>}
            {choices ? (
              <select name={id} class="field" required={required}>
                <option value="">Choose …</option>
                {choices.map((choice) => (
                  <option key={choice.id} value={choice.id}>
                    {choice.name}
                  </option>
                ))}
              </select>
            ) : (
              <input name={id} class="field" required={required} maxLength={255} autoComplete="off" />
            )}
          </label>
        ))}
        <label>
          Comment <span class="soft">(optional; of a rejection it becomes the reason)</span>
          <textarea name="comment" class="field" rows={3} maxLength={2000} autoFocus />
        </label>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        <p class="form-end">
          <button type="button" class="button" onClick={close}>
            Back
          </button>
          <button type="submit" class="button first">
            {transition.name}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
