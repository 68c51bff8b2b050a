// A cable between a pool and its database that a test can cut: what a dead server or network looks like to us.
import { connect, createServer, type Socket } from 'node:net';

export interface Cabo {
  /** The database's address, through the cable. */
  url: string;
  /** Every connection breaks, and no new one is taken. */
  cut(): void;
}

/** Lays a cable to the server of `url`. */
export async function layCabo(url: string): Promise<Cabo> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(typeof address === 'object' && address ? address.port : 0);
  return {
    url: through.href,
    cut: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
