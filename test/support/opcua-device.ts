/** What a test may tell the OPC UA device of opcua-server.ts, which starts when it is imported. */
export type OpcuaServerOptions = {
  readonly pkiDir: string
  /** Namespaces registered before the device's own, so that its index is another. */
  readonly namespacesBefore?: readonly string[]
  readonly trustsEveryone?: boolean
  /** When given, anonymous use is off. */
  /** Nodes that it reads in one request. */
  readonly maxNodesPerRead?: number
  /** Items that it monitors at once, for all its clients. */
  readonly maxMonitoredItems?: number
  /** Names of SecurityPolicy; default: all. */
  readonly policies?: readonly string[]
  /** As it names itself; default: by the library, from the name of this host. */
  readonly applicationUri?: string
  /** Files, PEM; default: made by the library, self-signed. */
  readonly certificate?: { readonly certificateFile: string; readonly privateKeyFile: string }
  readonly user?: { readonly name: string; readonly password: string }
}

export const DEVICE_URI = 'urn:latchkey:test-device'

export type OpcuaValue = {
  readonly node: string
  /** A name of DataType; an array when `value` is one. 64-bit integers as decimal text. */
  readonly type: string
  readonly value: unknown
  /** A name of StatusCodes. */
  readonly status?: string
  /** Below this node of the device, found by this browse name; default: below Objects, by its own name. */
  readonly below?: string
  readonly name?: string
  /** Beside a value that is new: the property that says its unit. */
  readonly unit?: string
}

export type OpcuaAsk =
  /** Adds an object `s=<node>`, found by this browse name. */
  | { kind: 'object'; node: string; below?: string; name: string }
  /** Adds or changes variables `s=<node>` below the device. */
  | { kind: 'load'; values: readonly OpcuaValue[] }
  /** As a program that is downloaded to a PLC: these are gone, until they are loaded again. */
  | { kind: 'unload'; nodes: readonly string[] }
  /** Answers the writes of clients since the last time, in order, and forgets them. */
  | { kind: 'journal' }
  /** As a PLC program that is started late. */
  | { kind: 'add-namespace'; uri: string }
  | { kind: 'peek'; node: string }
  /** Writes to this node answer this status; undefined: Good again. */
  | { kind: 'refuse-writes'; node: string; status: string | undefined }
  /** Writes to this node are answered only after this long. */
  | { kind: 'delay-writes'; node: string; delayMs: number }
  /** Forgets every session, without a word to the clients. */
  | { kind: 'forget-sessions' }
  | { kind: 'end-subscriptions' }
  | { kind: 'session-count' }
  /** As on the page of a server: trusts every client whose certificate it has refused. Answers how many. */
  | { kind: 'trust-clients' }
