// MariaDB as the installer uses it: whoever may create accounts, and our own account.
import { z } from 'zod';
import { type Connection, isDatabaseDown, openPool, type Pool } from '../db.ts';
import { Recusa } from './fala.ts';
import type { Respostas } from './respostas.ts';

export interface Banco {
  /** Rows as texts. */
  read(sql: string): Promise<string[][]>;
  run(sql: string): Promise<void>;
  pool: Pool;
  end(): Promise<void>;
}

const Rows = z.array(z.record(z.string(), z.unknown()));

/** @throws Recusa when nobody answers there, or refuses. */
export async function openBanco(url: string, who: string): Promise<Banco> {
  const pool = openPool(url, 2);
  let connection: Connection;
  try {
    connection = await pool.getConnection();
  } catch (error) {
    await pool.end();
    if (!isDatabaseDown(error)) throw error;
    throw new Recusa(
      `O MariaDB não aceitou ${who}: ${messageOf(error)}.`,
      'Confira servidor, usuário e senha.',
    );
  }
  return {
    pool,
    read: async (sql) => {
      const [found] = await connection.query(sql);
      return Rows.parse(found).map((row) =>
        Object.values(row).map((value) => (value === null ? '' : String(value))),
      );
    },
    run: async (sql) => void (await connection.query(sql)),
    end: async () => {
      connection.destroy();
      await pool.end();
    },
  };
}

/** Whoever may create accounts; undefined when that is somebody who wants the SQL instead. */
export async function openAdmin(url: string): Promise<Banco | undefined> {
  if (url === 'imprimir' || url === '') return undefined;
  if (!/^(mysql|mariadb):\/\//.test(url))
    throw new Recusa(
      'banco_admin não é um endereço mysql://usuario:senha@servidor:porta/.',
      'Ou escreva imprimir.',
    );
  return openBanco(url, 'quem cria os usuários (banco_admin)');
}

/** The address of an account on a server, as the program reads it. */
export function urlOf(servidor: string, banco: string, usuario: string, senha: string): string {
  return `mysql://${encodeURIComponent(usuario)}:${encodeURIComponent(senha)}@${servidor}/${banco}`;
}

export const ownUrl = (respostas: Respostas, senha: string): string =>
  urlOf(respostas.banco_servidor, respostas.banco, respostas.banco_usuario, senha);
export const ixcUrl = (respostas: Respostas, senha: string): string =>
  urlOf(respostas.ixc_servidor, respostas.ixc_banco, respostas.ixc_usuario, senha);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
