// The parts that a process of the program may run, and how many database connections each holds.

export const PARTS = ['web', 'worker', 'varredura'] as const;
export type Part = (typeof PARTS)[number];

/** Connections to IXC per process; the installer sizes MAX_USER_CONNECTIONS with them. */
export const IXC_CONNECTIONS: Record<Part, number> = { web: 3, worker: 1, varredura: 1 };

/** Connections to our own database: the worker's calls each hold none while they wait. */
export const OWN_CONNECTIONS: Record<Part, number> = { web: 6, worker: 10, varredura: 2 };
