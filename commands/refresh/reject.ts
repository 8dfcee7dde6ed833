import { decision } from '../decision.ts';

export const reject = decision('reject', 'rejected', 'Reject a request of somebody else');
