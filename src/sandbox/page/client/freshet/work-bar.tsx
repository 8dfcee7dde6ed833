import { signal } from '@preact/signals';
import { Check, ChevronDown, LoaderCircle, X } from 'lucide-preact';
import type { Work } from '../../freshet/state.ts';
import { showIssue } from '../go.ts';
import { parts } from '../live.ts';
import { duration } from '../words.ts';

/** Request whose steps are listed. */
const listed = signal<string | undefined>();

const words: Readonly<Record<string, string>> = {
  pending: 'waits for approval',
  approved: 'is approved and starts',
  running: 'is running',
  succeeded: 'is done',
  failed: 'failed',
  fenced: 'is fenced until an operator has looked',
  rejected: 'was rejected',
  cancelled: 'was cancelled',
  expired: 'expired',
};

/** Before the names of the databases. */
const kinds: Readonly<Record<Work['kind'], string>> = {
  refresh: '',
  undo: 'undo of ',
  take: 'backup of ',
  prove: 'proof of ',
};

/** What Freshet does right now: a line for each request that runs or has just ended. */
export function WorkBar() {
  const shown = (parts.freshet.value?.requests ?? []).filter(({ state }) => state !== 'pending');
  return (
    <section class="work" aria-label="What Freshet is doing">
      {shown.map((work) => (
        <WorkLine key={work.id} work={work} />
      ))}
    </section>
  );
}

function WorkLine({ work }: { work: Work }) {
  const { id, kind, environment, databases, state, step, host, fraction, secondsLeft, issue, steps } = work;
  const open = listed.value === id;
  const percent = Math.round(fraction * 100);
  return (
    <div class="work-line" data-state={state}>
      <div class="work-head">
        <Mark state={state} />
        <strong>{id}</strong>
        <span class="work-what">
          {kinds[kind]}
          {databases.join(', ')} {kind === 'prove' ? 'from' : 'on'} {environment}{' '}
          {state === 'running' && step ? '' : (words[state] ?? state)}
        </span>
        {state === 'running' && step && (
          <span class="work-step">
            {host && <span class="lozenge">{host}</span>} {step}
          </span>
        )}
        {state === 'running' && (
          <span class="work-left">
            {percent} %{secondsLeft !== undefined && `, ${duration(Math.max(1, secondsLeft))} left`}
          </span>
        )}
        {issue && (
          <button type="button" class="button icon small" onClick={() => showIssue(issue)}>
            {issue}
          </button>
        )}
        {steps.length > 0 && (
          <button
            type="button"
            class="button icon small"
            aria-expanded={open}
            onClick={() => (listed.value = open ? undefined : id)}
          >
            {steps.length} steps <ChevronDown size={14} aria-hidden="true" class="chevron" />
          </button>
        )}
      </div>
      {state === 'running' && <progress value={fraction} max={1} aria-label={`${id}: ${percent} %`} />}
      {open && (
        <ol class="work-steps">
          {steps.map((one, n) => (
            <li key={n} data-state={one.failed ? 'failed' : one.seconds === undefined ? 'now' : 'done'}>
              <span class="work-seconds">
                {one.seconds === undefined ? '…' : `${one.seconds.toFixed(1)} s`}
              </span>
              <span class="work-host">{one.host}</span>
              <span>{one.title}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function Mark({ state }: { state: string }) {
  if (state === 'succeeded') return <Check size={16} aria-hidden="true" class="mark good" />;
  if (state === 'running' || state === 'approved')
    return <LoaderCircle size={16} aria-hidden="true" class="mark turning" />;
  return <X size={16} aria-hidden="true" class="mark bad" />;
}
