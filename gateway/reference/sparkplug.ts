/**
 * The metrics of Sparkplug B as a table. A test holds the births of the gateway against it.
 * Read next: front/sinks/sparkplug/metrics.ts (which makes them), ../SPARKPLUG.md (when they are sent).
 */
type MetricRow = {
  readonly of: 'node' | 'machine'
  readonly name: string
  readonly type: 'Int64' | 'UInt64' | 'Boolean' | 'String' | 'DateTime'
  readonly what: string
}

export const sparkplugMetrics: readonly MetricRow[] = [
  { of: 'node', name: 'bdSeq', type: 'Int64', what: 'number of the session, over restarts; its death has the same' },
  { of: 'node', name: 'Node Control/Rebirth', type: 'Boolean', what: 'write true to it, and every birth comes again' },
  { of: 'node', name: 'Site', type: 'String', what: 'site' },
  { of: 'node', name: 'Ledger/Entry', type: 'String', what: 'an entry, as JSON: the same as an [event](#event)' },
  { of: 'machine', name: 'State', type: 'String', what: '[availability](#availabilitystate)' },
  { of: 'machine', name: 'Reason', type: 'String', what: '[why](#reason); null when there is none' },
  { of: 'machine', name: 'Item State', type: 'String', what: '[what it does](#itemstate)' },
  { of: 'machine', name: 'Mode', type: 'String', what: '[its mode](#mode)' },
  { of: 'machine', name: 'Access', type: 'String', what: '[who may start it](#access)' },
  { of: 'machine', name: 'Free At', type: 'DateTime', what: 'when it is expected to be free; null when not known' },
  { of: 'machine', name: 'Free Until', type: 'DateTime', what: 'until when it is free; null when nothing is planned' },
  { of: 'machine', name: 'Clock', type: 'String', what: '[how far the times are to be trusted](#clock)' },
  { of: 'machine', name: 'Simulated', type: 'Boolean', what: 'whether it is a simulation' },
  {
    of: 'machine',
    name: 'Meters/{alias}/{name}/Total',
    type: 'Int64',
    what: 'units since the first reading ever; `engUnit` and `Quality`',
  },
  {
    of: 'machine',
    name: 'Meters/{alias}/{name}/Raw',
    type: 'UInt64',
    what: 'the counter as the device holds it; null when it has none',
  },
  { of: 'machine', name: 'Meters/{alias}/{name}/Epoch', type: 'UInt64', what: 'epoch of the counter' },
]
