// The stand-in's nginx as a technician finds it: the server's own file, IXC's site, and another one beside it.
import type { CasaPhpOptions } from './casa.ts';
import { onlyRoot } from './processos.ts';

/** `/etc/nginx/nginx.conf` of the machine below `raiz`. */
export function nginxText(raiz: string, { tls }: CasaPhpOptions): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${raiz}/run/tmp/${kind};`,
  );
  const secure = tls && `  ssl_certificate ${tls.certificado};\n  ssl_certificate_key ${tls.chave};\n`;
  return `${onlyRoot('user {{USER}};\n')}pid ${raiz}/run/nginx.pid;
error_log ${raiz}/run/nginx.log;
worker_processes 1;
events {}
http {
  access_log off;
  include mime.types;
${temporary.join('\n')}
${secure ?? ''}  include ${raiz}/etc/nginx/conf.d/*.conf;
  include ${raiz}/etc/nginx/sites-enabled/*;
}
`;
}

/** Files of `sites-enabled`: two servers, of which only one is IXC's. */
export function sitesText(raiz: string, { port, origens, tls }: CasaPhpOptions): Record<string, string> {
  const listen = `listen 127.0.0.1:${port}${tls ? ' ssl' : ''}`;
  const nomes = [...new Set(origens.map((origem) => new URL(origem).hostname))];
  return {
    outro: `server {
    ${listen} default_server;
    server_name outro.localhost;
    return 404;
}
`,
    ixc: `# IXC Provedor
server {
    ${listen};
    server_name ${nomes.join(' ')};
    location /estatico/ {
        alias ${raiz}/var/www/ixc/;
        location ~ \\.php$ { return 404; }
    }
    location / {
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME ${raiz}/var/www/ixc/index.php;
        fastcgi_pass unix:${raiz}/run/php.sock;
    }
}
`,
  };
}
