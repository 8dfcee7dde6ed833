#!/usr/bin/env node
// Registers tsx so that the TypeScript sources run as they stand: no build, nothing stale (docs/decisions/0001).
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
