import { ArrowRight, Ellipsis, MessageSquare } from 'lucide-preact';
import type { Column, Issue } from '../../jira/state.ts';
import { Avatar } from '../frame/avatar.tsx';
import { Menu } from '../frame/menu.tsx';
import { showIssue } from '../go.ts';
import { drag, grab } from './drag.ts';
import { take, underway } from './move.ts';

/** An issue on the board: opened by its key, moved by dragging it or by its menu. */
export function Card({ issue, columns }: { issue: Issue; columns: readonly Column[] }) {
  return (
    <article
      class="card"
      data-key={issue.key}
      data-held={drag.value?.issue.key === issue.key}
      data-movable={issue.transitions.length > 0}
      aria-busy={underway.value?.key === issue.key}
      onPointerDown={(event) => {
        if (!(event.target as Element).closest('.popup-menu, [aria-haspopup]')) grab(event, issue);
      }}
      onClick={(event) => {
        if (!(event.target as Element).closest('button, .popup-menu')) showIssue(issue.key);
      }}
    >
      <Face issue={issue}>
        <Menu
          label={`Move ${issue.key}`}
          empty="The workflow has no way for you from here."
          items={issue.transitions.map((transition) => ({
            key: transition.id,
            name: (
              <>
                {transition.name} <ArrowRight size={14} aria-label="to" />{' '}
                <span class="lozenge">{columns.find(({ id }) => id === transition.to)?.name}</span>
              </>
            ),
            choose: () => take(issue, transition),
          }))}
        >
          <Ellipsis size={16} aria-hidden="true" />
        </Menu>
      </Face>
    </article>
  );
}

/** What a card shows; the one in somebody's hand shows the same. */
export function Face({ issue, children }: { issue: Issue; children?: preact.ComponentChildren }) {
  const who = issue.assignee;
  return (
    <>
      <div class="card-head">
        <button type="button" class="card-key" onClick={() => showIssue(issue.key)}>
          {issue.key}
        </button>
        {children}
      </div>
      <p class="card-summary">{issue.summary}</p>
      <p class="card-foot">
        {issue.comments.length > 0 && (
          <span title={`${issue.comments.length} comments`}>
            <MessageSquare size={13} aria-hidden="true" /> {issue.comments.length}
            <span class="hidden-visually"> comments</span>
          </span>
        )}
        <span class="card-who">
          {who ? `for ${who}` : `by ${issue.reporter}`} <Avatar name={who ?? issue.reporter} size={18} />
        </span>
      </p>
    </>
  );
}
