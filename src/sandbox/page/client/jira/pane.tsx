import { SquareKanban } from 'lucide-preact';
import { openIssue } from '../go.ts';
import { parts } from '../live.ts';
import { Card, Face } from './card.tsx';
import { drag } from './drag.ts';
import { IssueDialog } from './issue-dialog.tsx';
import { MoveDialog } from './move-dialog.tsx';
import { asking, underway, transitionTo } from './move.ts';

/** The board: a column for each status, and the issue that is open. */
export function JiraPane() {
  const board = parts.jira.value;
  const held = drag.value;
  const open = board?.issues.find(({ key }) => key === openIssue.value);
  return (
    <>
      <header class="pane-head">
        <SquareKanban size={18} aria-hidden="true" />
        <h2>Jira</h2>
        <span class="soft">
          {board && `${board.project.name} (${board.project.key})`} <span class="lozenge warn">stand-in</span>
        </span>
      </header>
      {/* It scrolls sideways, so it has to be reached by keyboard. */}
      <div class="board" tabIndex={0} role="group" aria-label="Columns by status">
        {board?.columns.map((column) => {
          const cards = board.issues.filter(
            ({ key, statusId }) => (underway.value?.key === key ? underway.value.to : statusId) === column.id,
          );
          const target = held === undefined ? undefined : transitionTo(held.issue, column.id) !== undefined;
          return (
            <section
              key={column.id}
              class="column"
              data-status={column.id}
              data-category={column.category}
              data-empty={cards.length === 0}
              data-target={target}
              data-over={target === true && held?.over === column.id}
              aria-label={`${column.name}: ${cards.length}`}
            >
              <h3>
                <span class="column-name">{column.name}</span>
                <span class="column-count">{cards.length}</span>
              </h3>
              <div class="cards">
                {cards.toReversed().map((issue) => (
                  <Card key={issue.key} issue={issue} columns={board.columns} />
                ))}
              </div>
            </section>
          );
        })}
        {board?.issues.length === 0 && (
          <p class="board-empty">
            No issues yet. Each request in Slack becomes one here, and moving it to Approved is an approval.
          </p>
        )}
      </div>
      {held && (
        <div
          class="card ghost"
          aria-hidden="true"
          style={{
            width: `${held.grip.width}px`,
            transform: `translate(${held.x - held.grip.x}px, ${held.y - held.grip.y}px) rotate(1.5deg)`,
          }}
        >
          <Face issue={held.issue} />
        </div>
      )}
      {open && board && <IssueDialog key={open.key} issue={open} board={board} />}
      {asking.value && <MoveDialog key={asking.value.issue.key} {...asking.value} />}
    </>
  );
}
