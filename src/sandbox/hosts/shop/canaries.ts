/**
 * Customers 1 to 12 of production: names that occur nowhere else, so that their data is found wherever it leaks to
 * (an anonymised backup, Slack, Jira, logs). Their orders, payments, tickets and mails carry the same names.
 */
export const CANARIES: readonly { first: string; last: string; mailhost: string }[] = [
  ['Philippa', 'Quillfeather'],
  ['Barnabas', 'Thistledown-Oakes'],
  ['Seraphine', 'Marrowbone'],
  ['Leopold', 'Gribbleshaw'],
  ['Wilhelmina', 'Pennywhistle'],
  ['Cornelius', 'Vandersnoot'],
  ['Ottoline', 'Brackenthwaite'],
  ['Thaddeus', 'Muckleworth'],
  ['Euphemia', 'Crumhornby'],
  ['Ignatius', 'Blatherwick'],
  ['Rosamunde', 'Snodderly'],
  ['Balthasar', 'Wimplesnade'],
].map(([first, last]) => ({ first: first!, last: last!, mailhost: `${last!.toLowerCase()}.example` }));
