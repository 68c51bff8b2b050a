// Whether the database's clock goes on as time does: ours and IXC's may stand on one server, and jump together. Pure.

/** One reading of the clock; `antes` and `depois` are performance.now() around it. All in milliseconds. */
export interface Leitura {
  agoraMs: number;
  antes: number;
  depois: number;
}

const JUMP_MS = 5 * 60_000;

/** Why the clock of `agora` is not to be believed after that of `antes`, in words, or undefined. */
export function refuseClock(antes: Leitura, agora: Leitura): string | undefined {
  const grown = agora.agoraMs - antes.agoraMs;
  // A process that was frozen between asking and hearing knows the time that passed only so well.
  const ahead = grown - (agora.depois - antes.antes);
  const behind = agora.antes - antes.depois - grown;
  if (Math.max(ahead, behind) <= JUMP_MS) return undefined;
  const minutes = Math.round(Math.max(ahead, behind) / 60_000);
  return `O relógio do nosso banco pulou ${minutes} minutos para ${ahead > 0 ? 'a frente' : 'trás'}. Acerte o NTP; se a hora de agora é a certa, reinicie o serviço da varredura.`;
}
