// The file of variables that the service reads; what a technician added to it by hand stays.
import { existsSync, readFileSync } from 'node:fs';
import { randomToken } from '../crypto.ts';
import { ixcUrl, ownUrl } from './banco.ts';
import type { Lugares, Obra } from './obra.ts';

export type Variaveis = Record<string, string>;

/** The variables in force; none before the first installation. */
export function readAmbiente({ ambiente }: Lugares): Variaveis {
  if (!existsSync(ambiente)) return {};
  const lines = readFileSync(ambiente, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The passwords in force, else new ones: letters, digits, - and _, which no shell, URL or SQL quotes. */
export function passwordsOf(variaveis: Variaveis): Obra['senhas'] {
  const of = (name: string) => {
    const url = variaveis[name];
    return url === undefined ? randomToken(24) : decodeURIComponent(new URL(url).password);
  };
  return { nosso: of('DATABASE_URL'), ixc: of('IXC_DATABASE_URL') };
}

/** The text of the file: what was answered, over what stands there already. */
export function ambienteText({ respostas, lugares, senhas }: Obra): string {
  const ours: Variaveis = {
    DATABASE_URL: ownUrl(respostas, senhas.nosso),
    IXC_DATABASE_URL: ixcUrl(respostas, senhas.ixc),
    HOST: '127.0.0.1',
    PORT: String(respostas.porta),
    BASE_PATH: respostas.caminho,
    IXC_ORIGIN: respostas.ixc_origem,
    PLUGIN_ORIGIN: respostas.plugin_origem,
    TELECLINICA_HOSTS: respostas.teleclinica_hosts,
    PAUSA_ARQUIVO: lugares.pausa,
  };
  const present = readAmbiente(lugares);
  // Hosts are the one answer that people also change in the file.
  if (present['TELECLINICA_HOSTS'] && !respostas.teleclinica_hosts)
    ours['TELECLINICA_HOSTS'] = present['TELECLINICA_HOSTS'];
  const lines = Object.entries({ ...present, ...ours }).map(([name, value]) => `${name}=${value}`);
  const head = '# Variáveis do plugin Tele Clínica. As outras que existem estão no guia do técnico.';
  return `${head}\n${lines.join('\n')}\n`;
}

/** The environment of a process of ours, started by root: the file, and where the keys are. */
export function environmentOf(lugares: Lugares): Variaveis {
  const { appKey, launchPublica } = lugares;
  return { ...readAmbiente(lugares), APP_KEY_FILE: appKey, LAUNCH_PUBLIC_KEY_FILE: launchPublica };
}
