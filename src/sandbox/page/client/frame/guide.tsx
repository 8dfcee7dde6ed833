import { signal } from '@preact/signals';
import { Check, ChevronDown, CircleCheckBig } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import type { WalkStep } from '../../freshet/state.ts';
import { parts } from '../live.ts';
import { actAs } from '../me.ts';

const open = signal(false);

type Step = { name: WalkStep; title: string; how: ComponentChildren };

const steps: readonly Step[] = [
  {
    name: 'asked',
    title: 'Ask',
    how: (
      <>
        As <As id="dana">Dana</As>, type <code>/refresh uat orders catalog --reason "release 12"</code> in
        #db-refreshes, or <code>/refresh</code> alone. The card says what it costs others.
      </>
    ),
  },
  {
    name: 'refused',
    title: 'Try to cheat',
    how: (
      <>
        Drag the new Jira card to Approved as <As id="dana">Dana</As> herself or as <As id="sam">Sam</As>, a
        stranger. Freshet moves it back and says why in a comment.
      </>
    ),
  },
  {
    name: 'approved',
    title: 'Approve',
    how: (
      <>
        As <As id="quinn">Quinn</As>, the QA manager, drag it to Approved, or press Approve on the card in
        Slack.
      </>
    ),
  },
  {
    name: 'refreshed',
    title: 'Watch',
    how: 'Follow the steps here, on the card and in Jira. Then look at uat below: in orders QA’s own test cases are gone, in catalog the testers’ accounts stayed.',
  },
  {
    name: 'undone',
    title: 'Undo',
    how: (
      <>
        Press Undo on the card as <As id="quinn">Quinn</As>: the replaced copy is swapped back, test cases and
        all.
      </>
    ),
  },
];

/** Five steps that a newcomer can follow; each ticks itself off when it has happened. */
export function Guide() {
  const done = parts.freshet.value?.done;
  const next = steps.findIndex(({ name }) => done?.[name] !== true);
  const now = steps[next];
  return (
    <section
      class="guide"
      aria-label="What to try"
      onKeyDown={({ key }) => {
        if (key === 'Escape') open.value = false;
      }}
    >
      <button
        type="button"
        class="guide-toggle"
        aria-expanded={open.value}
        aria-controls="guide-steps"
        onClick={() => (open.value = !open.value)}
      >
        What to try
        <ChevronDown size={16} aria-hidden="true" class="chevron" />
      </button>
      <ol class="guide-dots" aria-hidden="true">
        {steps.map(({ name, title }, n) => (
          <li key={name} data-state={done?.[name] ? 'done' : n === next ? 'now' : 'later'} title={title}>
            {done?.[name] ? <Check size={12} strokeWidth={3} /> : n + 1}
          </li>
        ))}
      </ol>
      <p class="guide-now">
        {now ? (
          <>
            <strong>{now.title}.</strong> {now.how}
          </>
        ) : (
          'That was the whole story. Everything is yours to play with now.'
        )}
      </p>
      <p class="standins">
        <span>
          <span class="lozenge warn">Stand-ins</span> Slack, Jira
        </span>
        <span>
          <span class="lozenge good">Real</span> sshd, PostgreSQL, MariaDB, backups
        </span>
      </p>
      {open.value && (
        <div id="guide-steps" class="guide-steps">
          <ol>
            {steps.map(({ name, title, how }, n) => (
              <li key={name} data-done={done?.[name] === true}>
                <span class="guide-mark" aria-hidden="true">
                  {done?.[name] ? <CircleCheckBig size={18} /> : n + 1}
                </span>
                <div>
                  <strong>{title}</strong>
                  {done?.[name] && <span class="hidden-visually"> (done)</span>}
                  <p>{how}</p>
                </div>
              </li>
            ))}
          </ol>
          <p>
            And then: <code>/backups take uat orders</code> backs up what is on uat now, once Quinn has said
            yes; <code>/backups prove</code> and its number restores it beside everything, only to see that it
            can be; <code>/refresh uat orders --backup</code> and its number brings it back.
          </p>
          <p>
            Slack and Jira are stand-ins on this machine: strict copies of what Freshet needs of them, and
            nothing leaves it. The hosts are real: two sshd, each with a PostgreSQL and a MariaDB, and backups
            made by pg_dump and mariadb-dump. What you do here happens to them.
          </p>
        </div>
      )}
    </section>
  );
}

function As({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <button type="button" class="as" title="Act as this person" onClick={() => actAs(id)}>
      {children}
    </button>
  );
}
