import { MessagesSquare } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { Issue, JiraState } from '../../jira/state.ts';
import { doIt } from '../do.ts';
import { Avatar } from '../frame/avatar.tsx';
import { Dialog } from '../frame/dialog.tsx';
import { openIssue } from '../go.ts';
import { person } from '../live.ts';
import { moment } from '../words.ts';
import { take } from './move.ts';
import { Formatted } from './text/formatted.tsx';
import { SafeLink } from './text/safe-link.tsx';

/** An issue as its own page shows it: what it says, what was said to it, and what happened to it. */
export function IssueDialog({ issue, board }: { issue: Issue; board: JiraState }) {
  const status = board.columns.find(({ id }) => id === issue.statusId);
  return (
    <Dialog
      wide
      title={
        <>
          <span class="issue-key">{issue.key}</span> {issue.summary}
        </>
      }
      close={() => {
        if (openIssue.value === issue.key) openIssue.value = undefined;
      }}
    >
      <div class="issue">
        <div class="issue-main">
          <p class="issue-ways">
            <Lozenge category={status?.category} name={status?.name ?? ''} />
            {issue.transitions.map((transition) => (
              <button
                key={transition.id}
                type="button"
                class="button"
                onClick={() => take(issue, transition)}
              >
                {transition.name}
              </button>
            ))}
          </p>
          <Formatted text={issue.description} />
          <Activity issue={issue} mayComment={board.mayComment} />
        </div>
        <aside class="issue-side" aria-label="Fields">
          <dl>
            <Field name="Reporter">{issue.reporter}</Field>
            {issue.details.map(({ name, value }) => (
              <Field key={name} name={name}>
                {value}
              </Field>
            ))}
            <Field name="Labels">
              {issue.labels.map((label) => (
                <span key={label} class="lozenge">
                  {label}
                </span>
              ))}
            </Field>
            <Field name="Created">{moment(issue.createdAt)}</Field>
            <Field name="Updated">{moment(issue.updatedAt)}</Field>
            {issue.links.length > 0 && (
              <Field name="Links">
                {issue.links.map(({ title, url }) => (
                  <SafeLink key={url} href={url}>
                    <MessagesSquare size={14} aria-hidden="true" /> {title}
                  </SafeLink>
                ))}
              </Field>
            )}
          </dl>
        </aside>
      </div>
    </Dialog>
  );
}

function Field({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const looks = { new: '', indeterminate: 'info', done: 'good' };

function Lozenge({ category, name }: { category: keyof typeof looks | undefined; name: string }) {
  return <span class={`lozenge ${category ? looks[category] : ''}`}>{name}</span>;
}

function Activity({ issue, mayComment }: { issue: Issue; mayComment: boolean }) {
  const [shown, setShown] = useState<'comments' | 'history'>('comments');
  return (
    <section class="activity" aria-label="Activity">
      <div class="switch" role="group" aria-label="Show">
        <button type="button" aria-pressed={shown === 'comments'} onClick={() => setShown('comments')}>
          Comments ({issue.comments.length})
        </button>
        <button type="button" aria-pressed={shown === 'history'} onClick={() => setShown('history')}>
          History ({issue.history.length})
        </button>
      </div>
      {shown === 'comments' ? <Comments issue={issue} mayComment={mayComment} /> : <History issue={issue} />}
    </section>
  );
}

function Comments({ issue, mayComment }: { issue: Issue; mayComment: boolean }) {
  const [text, setText] = useState('');

  async function send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (text.trim() === '') return;
    if ((await doIt('jira', 'comment', { key: issue.key, text })).ok) setText('');
  }

  return (
    <>
      <ol class="comments">
        {issue.comments.map(({ id, author, at, body }) => (
          <li key={id}>
            <Avatar name={author} size={26} />
            <div>
              <p class="comment-head">
                <strong>{author}</strong> <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
              </p>
              <Formatted text={body} />
            </div>
          </li>
        ))}
      </ol>
      {mayComment && (
        <form class="comment-new" onSubmit={(event) => void send(event)}>
          <Avatar name={person.value?.name ?? ''} size={26} />
          <textarea
            class="field"
            rows={2}
            aria-label={`Comment as ${person.value?.name ?? ''}`}
            placeholder={`Comment as ${person.value?.name ?? ''}`}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button type="submit" class="button first" disabled={text.trim() === ''}>
            Comment
          </button>
        </form>
      )}
    </>
  );
}

function History({ issue }: { issue: Issue }) {
  return (
    <ol class="history">
      {issue.history.map(({ id, at, author, field, from, to }) => (
        <li key={`${id}${field}`}>
          <Avatar name={author} size={22} />
          <span>
            <strong>{author}</strong> changed the {field}
            {field === 'description' ? (
              ''
            ) : (
              <>
                {' '}
                from <span class="lozenge">{from || 'none'}</span> to{' '}
                <span class="lozenge info">{to || 'none'}</span>
              </>
            )}
          </span>
          <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
        </li>
      ))}
      <li>
        <Avatar name={issue.reporter} size={22} />
        <span>
          <strong>{issue.reporter}</strong> created the issue
        </span>
        <time dateTime={new Date(issue.createdAt).toISOString()}>{moment(issue.createdAt)}</time>
      </li>
    </ol>
  );
}
