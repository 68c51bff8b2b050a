// Apache as a technician finds it: a machine of the PHP stand-in gets it beside its nginx, with the same PHP and IXC's site.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CasaPhp } from '../../src/demo/php/casa.ts';
import { onlyRoot, run, waitForAnswer } from '../../src/demo/php/processos.ts';
import { ensureApache } from '../../src/demo/sistema.ts';
import { startVigia } from '../../src/demo/vigia.ts';

const MODULES = '/usr/lib/apache2/modules';
const WANTED =
  'mpm_event authz_core alias dir headers filter deflate substitute proxy proxy_fcgi proxy_http setenvif mime ssl socache_shmcb';

/** The same machine seen through Apache: what the installer must be told of it. `stop` ends Apache alone. */
export async function startApache(
  casa: CasaPhp,
  port: number,
  { host = '127.0.0.1', portTls }: { host?: string; portTls?: number } = {},
): Promise<CasaPhp | undefined> {
  const program = ensureApache();
  if (program === undefined || !existsSync(MODULES)) return undefined;
  const etc = path.join(casa.raiz, 'etc/apache2');
  for (const name of ['sites-enabled', 'conf-enabled']) mkdirSync(path.join(etc, name), { recursive: true });
  const conf = path.join(etc, 'apache2.conf');
  writeFileSync(conf, serverText(casa, etc, [port, ...(portTls ? [portTls] : [])]));
  writeFileSync(path.join(etc, 'sites-enabled/ixc.conf'), siteText(casa, host, port));
  const vigia = startVigia();
  const apache = run(program, ['-D', 'FOREGROUND', '-f', conf], vigia);
  await waitForAnswer(`http://127.0.0.1:${port}/estatico/ixc.css`);
  return {
    ...casa,
    origem: `http://${host}:${port}`,
    port,
    respostas: {
      ...casa.respostas,
      servidor_web: 'apache',
      servidor_web_teste: `${program} -t -f ${conf}`,
      servidor_web_recarga: `${program} -k graceful -f ${conf}`,
    },
    stop: async () => {
      await apache.stop();
      vigia.release();
    },
  };
}

function serverText(casa: CasaPhp, etc: string, ports: number[]): string {
  const modules = WANTED.split(' ').map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`);
  return `ServerRoot ${etc}
ServerName 127.0.0.1
PidFile ${casa.run}/apache.pid
ErrorLog ${casa.run}/apache.log
DefaultRuntimeDir ${casa.run}
${modules.join('\n')}
${onlyRoot('User {{USER}}\nGroup {{USER}}')}
TypesConfig /etc/mime.types
${ports.map((port) => `Listen 127.0.0.1:${port}`).join('\n')}
IncludeOptional conf-enabled/*.conf
IncludeOptional sites-enabled/*.conf
`;
}

const siteText = (casa: CasaPhp, host: string, port: number): string => `# IXC Provedor
<VirtualHost *:${port}>
  ServerName ${host}
  DocumentRoot ${casa.raiz}/var/www/ixc
  Alias /estatico ${casa.raiz}/var/www/ixc
  <Directory ${casa.raiz}/var/www/ixc>
    Require all granted
    DirectoryIndex index.php
    FallbackResource /index.php
    <FilesMatch "\\.php$">
      SetHandler "proxy:unix:${casa.run}/php.sock|fcgi://localhost"
    </FilesMatch>
  </Directory>
  # Pages go out compressed, as on most servers.
  SetOutputFilter DEFLATE
</VirtualHost>
`;
