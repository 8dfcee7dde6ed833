import { FolderArchive } from 'lucide-preact';
import type { Folder, Stored } from '../../databases/state.ts';
import { bytes, moment } from '../words.ts';

/** The folders of backups on the hosts, with what Freshet knows of each file. */
export function Folders({ folders }: { folders: readonly Folder[] }) {
  return (
    <div class="folders">
      {folders.map(({ repository, host, anonymisation, backups }) => (
        <section key={repository} aria-label={repository}>
          <h3>
            <FolderArchive size={15} aria-hidden="true" /> {repository}
            <span class={`lozenge ${anonymisation === 'raw' ? 'bad' : 'good'}`}>
              {anonymisation === 'raw' ? 'raw' : 'anonymised'}
            </span>
            <span class="soft">on {host}</span>
          </h3>
          <table class="rows">
            <tbody>
              {backups.map((backup) => (
                <tr key={backup.file} title={backup.why ?? `written ${moment(backup.takenAt)}`}>
                  <td>{backup.id ?? ''}</td>
                  <td class="file">{backup.file}</td>
                  <td>{bytes(backup.bytes)}</td>
                  <td>
                    <State backup={backup} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}

const looks = {
  present: ['good', 'whole'],
  corrupt: ['bad', 'corrupt'],
  missing: ['warn', 'gone'],
  unread: ['', 'not read yet'],
} as const;

function State({ backup: { state, why } }: { backup: Stored }) {
  const [look, word] = looks[state];
  return (
    <span class={`lozenge ${look}`}>
      {word}
      {why && <span class="hidden-visually">: {why}</span>}
    </span>
  );
}
