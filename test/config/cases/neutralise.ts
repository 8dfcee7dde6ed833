import type { Case } from '../case.ts';

const at = 'environments.uat.databases.orders.neutralise';

export const neutralise: readonly Case[] = [
  {
    rename: `${at}.mail-queue`,
    to: 'mail-quue',
    faults: [
      `${at}.mail-quue: "mail-quue" is not a key; expected "addresses", "webhooks", "keys", "urls", "jobs", "mail-queue", "subscriptions", "foreign-servers" or "files". Did you mean "mail-queue"?`,
    ],
  },
  {
    set: `${at}.addresses.columns`,
    to: ['email'],
    faults: [
      `${at}.addresses.columns[0]: "email" is not allowed; expected a column with its table, such as "customers.email".`,
    ],
  },
  {
    set: `${at}.addresses.to`,
    to: undefined,
    faults: [`${at}.addresses.to: It is missing; expected a line of 1 to 500 characters.`],
  },
  {
    set: `${at}.mail-queue.tables`,
    to: ['a.b.c'],
    faults: [
      `${at}.mail-queue.tables[0]: "a.b.c" is not allowed; expected a table, such as "mail_queue" or "shop.mail_queue".`,
    ],
  },
  ...[{ to: 'none' }, { columns: [] }, { tables: [], columns: [] }].map((to) => ({
    set: `${at}.keys`,
    to,
    faults: [`${at}.keys: It names nothing; expected "columns", "tables" or both.`],
  })),
  {
    set: 'productionHosts',
    to: ['https://shop'],
    faults: [
      'productionHosts[0]: "https://shop" is not allowed; expected a host name or an IP address, such as "db1.example.org" or "10.0.0.5".',
    ],
  },
  {
    set: `${at}.urls.replace`,
    to: { 'shop.example.com': 'uat.warehouse.example.com' },
    faults: [
      `${at}.urls.replace.shop.example.com: "uat.warehouse.example.com" belongs to "warehouse.example.com", which may be found nowhere; expected a host outside of production.`,
    ],
  },
  {
    set: `${at}.urls.replace`,
    to: { 'shop.example.com': 'uat.shop.example.com' },
    faults: [
      `${at}.urls.replace.shop.example.com: "uat.shop.example.com" belongs to "shop.example.com", which may be found nowhere; expected a host outside of production.`,
    ],
  },
  {
    set: `${at}.urls.replace`,
    to: { 'https://shop': 'uat.example.org' },
    faults: [
      `${at}.urls.replace.?: "https://shop" is no host name; expected one such as "shop.example.com".`,
    ],
  },
  {
    set: `${at}.files`,
    to: [{ sql: 'sql/uat/newsletter.sql' }],
    faults: [`${at}.files[0].assert: It is missing; expected a line of 1 to 1024 characters.`],
  },
  {
    set: 'environments.production.databases.orders.neutralise',
    to: { subscriptions: {} },
    faults: [
      'environments.production.databases.orders.neutralise: "neutralise" means nothing here: production is never a target. Remove the line.',
    ],
  },
];
