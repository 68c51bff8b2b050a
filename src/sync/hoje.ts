// The provider's calendar day.

/** Formats a moment as AAAA-MM-DD in America/Sao_Paulo, where IXC's dates without time live. */
export const HOJE = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo', dateStyle: 'short' });
