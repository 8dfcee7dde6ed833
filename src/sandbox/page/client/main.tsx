import { render } from 'preact';
import './style/tokens.css';
import './style/base.css';
import './frame/frame.css';
import './frame/guide.css';
import './freshet/work.css';
import './jira/board.css';
import './jira/issue.css';
import './databases/databases.css';
import { Frame } from './frame/frame.tsx';
import { goLive } from './live.ts';

goLive();
render(<Frame />, document.getElementById('page')!);
