import { CircleOff, History, LoaderCircle, Lock, Plug, ShieldCheck } from 'lucide-preact';
import { type ComponentChildren, Fragment } from 'preact';
import type { Database, Environment, Holds, Sample } from '../../databases/state.ts';
import { bytes, clock, count, day, duration, moment } from '../words.ts';

type Props = { environment: Environment; database: Database };

/** One database: what it is and what is in it now, beside what a refresh replaced. */
export function DatabaseCard({ environment, database }: Props) {
  const { now, before, making, closed } = database;
  return (
    <div class="database">
      <Facts environment={environment} database={database} />
      <section class="copy" data-live aria-label="Now">
        <h3>
          <code>{database.databaseName}</code> now
          {closed && (
            <span class="lozenge bad">
              <CircleOff size={12} aria-hidden="true" /> closed
            </span>
          )}
          {database.bytes !== undefined && <span class="soft">{bytes(database.bytes)}</span>}
        </h3>
        <Rows sample={now} />
      </section>
      <section class="copy" data-kept aria-label="Before">
        {making ? (
          <p class="making">
            <LoaderCircle size={18} class="turning" aria-hidden="true" />
            <span>
              A run fills <code>{making.name}</code>: <strong>{bytes(making.bytes)}</strong> so far. Nobody
              but the run can connect to it, and nothing of the live database is touched.
            </span>
          </p>
        ) : before ? (
          <>
            <h3>
              <History size={15} aria-hidden="true" /> Before <code>{before.name}</code>
              <span class="soft">until {moment(before.keptUntil)}</span>
            </h3>
            {before.sample ? (
              <Rows sample={before.sample} />
            ) : (
              <p class="soft">
                The kept copy is closed to everybody, and this page did not look at it while it was live.
              </p>
            )}
          </>
        ) : (
          <p class="soft nothing">
            {environment.production
              ? 'Production is where the backups come from. Freshet refuses it as a target, and so does the host itself.'
              : 'No refresh yet: what a refresh replaces is kept, and shows here beside what came.'}
          </p>
        )}
      </section>
    </div>
  );
}

function Facts({ environment, database }: Props) {
  const { title, production, accepts } = environment;
  const { host, holds, sessions } = database;
  return (
    <section class="facts" aria-label="About it">
      <h3>{title}</h3>
      <dl>
        <Fact name="In it">{production ? 'live data of customers' : <Inside holds={holds} />}</Fact>
        <Fact name="Asked for">
          {production ? (
            'never a target'
          ) : environment.protected ? (
            <>
              <Lock size={13} aria-hidden="true" /> needs an approval
            </>
          ) : (
            'approved by rule'
          )}
        </Fact>
        {!production && (
          <Fact name="Accepts">
            {accepts.includes('raw') ? (
              'raw data, too'
            ) : (
              <>
                <ShieldCheck size={13} aria-hidden="true" /> anonymised only
              </>
            )}
          </Fact>
        )}
        <Fact name="Connected">
          {sessions.length === 0 ? (
            'nobody'
          ) : (
            <ul>
              {sessions.map(({ application, user, count: sessionCount }) => (
                <li key={`${application} ${user}`}>
                  <Plug size={13} aria-hidden="true" /> {sessionCount} × {application}{' '}
                  <span class="soft">as {user}</span>
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Host">{host}</Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Inside({ holds }: { holds: Holds | undefined }) {
  if (holds === undefined) return <>what was set up weeks ago</>;
  const { backup, dataAt, since, request, undone, anonymisation, outageSeconds } = holds;
  return (
    <>
      <strong>{backup ?? 'the copy from before'}</strong>
      {anonymisation && (
        <span class={`lozenge ${anonymisation === 'raw' ? 'bad' : 'good'}`}>
          {anonymisation === 'raw' ? 'raw' : 'anonymised'}
        </span>
      )}
      <span class="soft">
        {dataAt !== undefined && `data of ${moment(dataAt)}; `}
        {undone ? 'brought back' : 'put there'} by {request} at {clock(since)}, closed for{' '}
        {duration(outageSeconds)}
      </span>
    </>
  );
}

/** A few rows that a person recognises. */
function Rows({ sample }: { sample: Sample | undefined }) {
  if (sample === undefined) return <p class="soft">Not read yet.</p>;
  return (
    <>
      <p class="counts">
        {sample.counts.map(({ what, count: amount, newestAt }, n) => (
          <Fragment key={what}>
            {n > 0 && ', '}
            <strong>{count(amount)}</strong> {what}
            {newestAt !== undefined && (
              <>
                , newest <strong>{day(newestAt)}</strong>
              </>
            )}
          </Fragment>
        ))}
      </p>
      <table class="rows">
        <colgroup>
          <col class="id" />
          <col class="name" />
          <col />
        </colgroup>
        <thead class="hidden-visually">
          <tr>
            {sample.headings.map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sample.rows.map(({ cells, isCase }) => (
            <tr key={cells[0]} data-case={isCase}>
              {cells.map((cell, n) => (
                <td key={sample.headings[n]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
