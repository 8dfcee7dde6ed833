import { decision } from '../decision.ts';

export const approve = decision('approve', 'approved', 'Approve a request of somebody else');
