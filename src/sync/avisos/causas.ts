// What deserves a notification, as it is stored and told: ids, codes and counts; no name, no document, no free text of a person.
import { z } from 'zod';

const AcaoDoLote = z.enum(['criar', 'bloquear', 'desbloquear', 'trocar_plano', 'cancelar']);
/** Branches concerned; empty = all of them. */
const Filiais = z.array(z.number());

export const Causa = z.discriminatedUnion('causa', [
  z.object({
    causa: z.literal('freio'),
    lote: z.number(),
    acao: AcaoDoLote,
    total: z.number(),
    limite: z.number().nullable(),
    filiais: Filiais,
  }),
  z.object({ causa: z.literal('cadastros'), total: z.number(), filiais: Filiais }),
  z.object({
    causa: z.literal('identidade'),
    total: z.number(),
    /** AAAA-MM-DD: since when; each day with somebody new in a branch is told once. */
    desde: z.string(),
    filiais: Filiais,
  }),
  z.object({ causa: z.literal('varredura'), motivo: z.string() }),
  z.object({ causa: z.literal('credencial'), integracao: z.number() }),
  z.object({ causa: z.literal('fila'), integracao: z.number(), minutos: z.number() }),
  z.object({ causa: z.literal('retidas'), retencao: z.string(), total: z.number(), horas: z.number() }),
  z.object({ causa: z.literal('perguntar'), total: z.number(), filiais: Filiais }),
  /** Contracts of one branch that grant an account and that two complete scans did not meet; the first of them by id. */
  z.object({
    causa: z.literal('sumidos'),
    total: z.number(),
    contratos: z.array(z.number()),
    /** Whose the first one is. */
    usuario: z.number(),
    filiais: Filiais,
  }),
  z.object({
    causa: z.literal('pausa'),
    operacao: z.string(),
    horas: z.number(),
    /** Stopped by a file on the server, not on the screen. */
    arquivo: z.boolean(),
    filiais: Filiais,
  }),
]);
export type Causa = z.output<typeof Causa>;
export type NomeDaCausa = Causa['causa'];
export const CAUSAS = Causa.options.map((each) => each.shape.causa.value);

/** One thing that is wrong now; `chave` tells it from others with the same cause. */
export interface Sintoma {
  chave: string;
  causa: Causa;
}

/** An aviso that is open already. */
export interface Aberto {
  id: number;
  causa: NomeDaCausa;
  chave: string;
}

/** From when on each cause that time makes is worth telling. */
export interface Limites {
  filaMinutos: number;
  retidasHoras: number;
  pausaHoras: number;
}

export const LIMITES: Limites = { filaMinutos: 15, retidasHoras: 24, pausaHoras: 8 };
