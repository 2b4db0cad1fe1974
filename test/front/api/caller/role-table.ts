/**
 * Who may call what, written by hand beside the policy: a route that is not here fails roles.test.ts. `about` is what
 * the path names: a machine, a session or a meter has a place, so that it can be somebody else's; a list holds what the
 * caller may see; `site` and `board` are the same for whoever may ask; `whole` is for no key of some machines.
 */
import type { Role } from '../../../../gateway/core/permission/principal.ts'

export type Row = {
  readonly about: 'machine' | 'session' | 'meter' | 'list' | 'site' | 'board' | 'whole'
  readonly roles: Partial<Record<Role, 'any' | 'own'>>
  /** Also with the PIN of a booking, at its machine. */
  readonly pin?: true
}

const everybody = { platform: 'any', tenant: 'any', owner: 'any', technician: 'any', auditor: 'any' } as const
const reading = { platform: 'any', tenant: 'own', owner: 'own', technician: 'any', auditor: 'any' } as const
const meters = { owner: 'own', technician: 'any', auditor: 'any' } as const
const blocks = { platform: 'any', owner: 'own', technician: 'any' } as const
const subscribers = { platform: 'any', tenant: 'own', owner: 'own', technician: 'any' } as const
const platform = { platform: 'any' } as const
const technician = { technician: 'any' } as const
const entries = { platform: 'any', auditor: 'any' } as const

export const table: Readonly<Record<string, Row | 'open'>> = {
  getLive: 'open',
  getReady: 'open',
  getMetrics: 'open',
  getViewer: 'open',
  signIn: 'open',
  signOut: 'open',
  watchBoard: 'open',
  getDay: 'open',
  getCheckpoint: 'open',
  getTile: 'open',
  getProof: 'open',
  listMachines: { about: 'board', roles: everybody },
  getMachine: { about: 'board', roles: everybody },
  getCalendar: { about: 'board', roles: everybody },
  unlockMachine: { about: 'machine', roles: { platform: 'any', tenant: 'own' }, pin: true },
  setMaintenance: { about: 'machine', roles: technician },
  beginDrill: { about: 'machine', roles: technician },
  getDrill: { about: 'machine', roles: technician },
  acceptMachine: { about: 'machine', roles: technician },
  getAcceptance: { about: 'machine', roles: { owner: 'own', technician: 'any' } },
  readRegisters: { about: 'site', roles: technician },
  browseNodes: { about: 'whole', roles: technician },
  listTrust: { about: 'whole', roles: technician },
  changeTrust: { about: 'whole', roles: technician },
  testReach: { about: 'site', roles: technician },
  makeProfile: { about: 'site', roles: technician },
  getFiles: { about: 'whole', roles: technician },
  listSignals: { about: 'machine', roles: { owner: 'own', technician: 'any' } },
  getTrend: { about: 'machine', roles: { owner: 'own', technician: 'any' } },
  putBlock: { about: 'machine', roles: blocks },
  removeBlock: { about: 'machine', roles: blocks },
  listBlocks: { about: 'machine', roles: blocks },
  inspectMachine: { about: 'machine', roles: { tenant: 'own', owner: 'own', technician: 'any' }, pin: true },
  getTimeline: { about: 'machine', roles: meters },
  getTimelineFile: { about: 'machine', roles: meters },
  listServices: { about: 'machine', roles: meters },
  doService: { about: 'machine', roles: technician },
  listQuestions: { about: 'machine', roles: reading, pin: true },
  answerSession: { about: 'session', roles: { platform: 'any', tenant: 'own' }, pin: true },
  makeReport: { about: 'machine', roles: { tenant: 'own', owner: 'own', technician: 'any' }, pin: true },
  changeReport: { about: 'machine', roles: { owner: 'own', technician: 'any' } },
  listReports: { about: 'machine', roles: reading, pin: true },
  getPhoto: { about: 'machine', roles: meters },
  overrideMachine: { about: 'machine', roles: technician },
  enterByHand: { about: 'machine', roles: technician },
  putBooking: { about: 'site', roles: platform },
  getBooking: { about: 'site', roles: platform },
  cancelBooking: { about: 'site', roles: platform },
  handOverBooking: { about: 'site', roles: platform },
  listBookings: { about: 'site', roles: platform },
  putBookings: { about: 'site', roles: platform },
  putRevocations: { about: 'site', roles: platform },
  listRevocations: { about: 'site', roles: { platform: 'any', technician: 'any', auditor: 'any' } },
  getSession: { about: 'session', roles: reading, pin: true },
  getReceipt: { about: 'session', roles: { ...reading, technician: 'own' }, pin: true },
  endSession: {
    about: 'session',
    roles: { platform: 'any', tenant: 'own', owner: 'own', technician: 'any' },
    pin: true,
  },
  resumeSession: { about: 'session', roles: { platform: 'any', tenant: 'own', technician: 'own' }, pin: true },
  getExtension: { about: 'session', roles: { platform: 'any', tenant: 'own' } },
  extendSession: { about: 'session', roles: { platform: 'any', tenant: 'own' } },
  makeSubscription: { about: 'list', roles: subscribers },
  listSubscriptions: { about: 'list', roles: subscribers },
  revokeSubscription: { about: 'list', roles: subscribers },
  readCalendar: 'open',
  eraseTenant: { about: 'site', roles: platform },
  listTariffs: { about: 'board', roles: everybody },
  getQuote: { about: 'board', roles: everybody },
  getStatement: { about: 'list', roles: { platform: 'any', tenant: 'own', owner: 'own', auditor: 'any' } },
  issueStatement: { about: 'site', roles: { platform: 'any', auditor: 'any' } },
  listIssuedStatements: { about: 'site', roles: { platform: 'any', auditor: 'any' } },
  getInvoices: { about: 'site', roles: { platform: 'any', auditor: 'any' } },
  proposeCredit: { about: 'site', roles: { auditor: 'any' } },
  approveCredit: { about: 'site', roles: { auditor: 'any' } },
  listCredits: { about: 'site', roles: { platform: 'any', auditor: 'any' } },
  getCost: { about: 'session', roles: reading, pin: true },
  listUsageEvents: { about: 'site', roles: entries },
  getStatementFile: { about: 'site', roles: { platform: 'any', auditor: 'any' } },
  listUsage: { about: 'list', roles: { platform: 'any', tenant: 'own', owner: 'own', auditor: 'any' } },
  listMeters: { about: 'list', roles: meters },
  getMeter: { about: 'meter', roles: meters },
  listReadings: { about: 'meter', roles: meters },
  listMeterDays: { about: 'meter', roles: meters },
  listProblems: { about: 'list', roles: meters },
  streamEvents: { about: 'list', roles: reading },
  correct: { about: 'site', roles: { auditor: 'any' } },
  listEntries: { about: 'site', roles: entries },
  getEntryBundle: { about: 'site', roles: entries },
  getEvidence: { about: 'site', roles: entries },
  listWebhookDeliveries: { about: 'site', roles: { platform: 'any', technician: 'any', auditor: 'any' } },
  listWebhooks: { about: 'site', roles: { platform: 'any', technician: 'any', auditor: 'any' } },
  testWebhook: { about: 'site', roles: { platform: 'any', technician: 'any' } },
  listSinks: { about: 'site', roles: { technician: 'any', auditor: 'any' } },
  listParked: { about: 'whole', roles: { technician: 'any', auditor: 'any' } },
  switchOver: { about: 'whole', roles: technician },
  handleParked: { about: 'whole', roles: technician },
  getConfiguration: { about: 'site', roles: { auditor: 'any', technician: 'any' } },
  listConfigurations: { about: 'site', roles: { auditor: 'any', technician: 'any' } },
  applyConfiguration: { about: 'whole', roles: technician },
}

/** The row of a guarded route. */
export function rowOf({ operationId }: { readonly operationId: string }): Row {
  const row = table[operationId]
  if (row === undefined || row === 'open') throw new Error(`${operationId} has no row in the table`)
  return row
}
