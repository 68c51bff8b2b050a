// The operationIds of the Tele Clínica OpenAPI, as the simulator serves, records and breaks them.

export const OPERATIONS = [
  'login',
  'registerIntegration',
  'getCurrentIntegration',
  'listPlans',
  'createPlan',
  'getPlan',
  'updatePlan',
  'deactivatePlan',
  'listUsers',
  'createUser',
  'getUser',
  'updateUser',
  'blockUser',
  'unblockUser',
  'cancelUser',
  'changePlan',
  'listDependents',
  'addDependent',
  'removeDependent',
] as const;

export type Operation = (typeof OPERATIONS)[number];

/** The writes on a person's account: what a fault on "every write" and the overlap detector mean. */
export const USER_WRITES = [
  'createUser',
  'updateUser',
  'blockUser',
  'unblockUser',
  'cancelUser',
  'changePlan',
] as const satisfies readonly Operation[];
