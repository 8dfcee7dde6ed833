import { CircleOff, History, LoaderCircle, Lock, Plug, ShieldCheck } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import type { Environment, Holds, Sample } from '../../databases/state.ts';
import { bytes, clock, count, day, duration, moment } from '../words.ts';

/** One database: what it is and what is in it now, beside what a refresh replaced. */
export function EnvironmentCard({ environment }: { environment: Environment }) {
  const { now, before, making, production, closed } = environment;
  return (
    <div class="environment">
      <Facts environment={environment} />
      <section class="copy" data-live aria-label="Now">
        <h3>
          <code>{environment.databaseName}</code> now
          {closed && (
            <span class="lozenge bad">
              <CircleOff size={12} aria-hidden="true" /> closed
            </span>
          )}
          {environment.bytes !== undefined && <span class="soft">{bytes(environment.bytes)}</span>}
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
            {production
              ? 'Production is where the backups come from. Freshet refuses it as a target, and so does the host itself.'
              : 'No refresh yet: what a refresh replaces is kept, and shows here beside what came.'}
          </p>
        )}
      </section>
    </div>
  );
}

function Facts({ environment }: { environment: Environment }) {
  const { title, host, production, accepts, holds, sessions } = environment;
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
        <strong>{count(sample.customers)}</strong> customers, <strong>{count(sample.orders)}</strong> orders
        {sample.newestOrderAt !== undefined && (
          <>
            , newest <strong>{day(sample.newestOrderAt)}</strong>
          </>
        )}
        {sample.cases > 0 && (
          <>
            , <strong>{sample.cases}</strong> of QA’s own
          </>
        )}
      </p>
      <table class="rows">
        <colgroup>
          <col class="id" />
          <col class="name" />
          <col />
        </colgroup>
        <thead class="hidden-visually">
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Name</th>
            <th scope="col">E-mail</th>
          </tr>
        </thead>
        <tbody>
          {sample.rows.map(({ id, name, email, isCase }) => (
            <tr key={id} data-case={isCase}>
              <td>{id}</td>
              <td>{name}</td>
              <td>{email}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
