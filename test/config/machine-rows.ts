/**
 * Edits of the machines of a good site that break their sense: devices that do not fit, interlocks that cannot be safe,
 * shares that do not add up. Read by faults.test.ts.
 */
import type { Row } from './shape-rows.ts'
import { goodSite, plcProfile } from './site-folder.ts'

const secondMachine = `
  booth-2:
    name: { en: Booth 2 }
    owner: huajian
    devices: { plc: { profile: plc2, link: plc-bus, unit: 1 } }
    state: plc
    interlock: { device: ▸plc, class: lease }
bounds:`
const leaseBlocks = `  class: lease
  toPlc: { table: holding, address: 100, type: words, count: 16 }
  fromPlc: { table: holding, address: 200, type: words, count: 18 }
`
const siteOf = (kind: string, more = '') => ({
  'site.yaml': goodSite.replace('class: lease, lease: 5s', `class: ${kind}, lease: 5s${more}`),
})
const watchdogOf = (output: string) =>
  `  class: watchdog\n  output: { ${output} }\n  time: { table: holding, address: 9, type: u16 }\n`
const REGISTER = '{ table: holding, address: 9, type: u16 }'
const TIME = `  time: ${REGISTER}\n`
const coilProfile = plcProfile.replace(
  leaseBlocks,
  '  class: coil\n  output: { table: coil, address: 0, type: bool }\n',
)
/** A good machine whose usage is shared like this. */
const shares = (text: string) => ({
  from: '    owner: huajian\n',
  to: `    owner: huajian\n    shares: [${text}]\n`,
})

/** A good machine with a state rule of its own. */
const ownState = (text: string) => ({ from: 'state: plc', to: `state: ${text}` })

export const machineRows: readonly Row[] = [
  // Machines.
  {
    code: 'bad-format',
    why: 'a language',
    from: 'name: { en: Booth 1 }',
    to: 'name: { ▸e: Booth 1 }',
    says: 'zh-Hans',
  },
  { code: 'language-tag', why: 'no tag', from: 'name: { en: Booth 1 }', to: 'name: { ▸en-x: Booth 1 }' },
  {
    code: 'language-tag',
    why: 'one language twice',
    from: 'name: { en: Booth 1 }',
    to: 'name: { zh-hans: 喷漆房, ▸zh-Hans: 喷漆房 }',
    says: 'the same language as "zh-hans"',
  },
  { code: 'link-unknown', why: 'a typing error', from: 'link: plc-bus', to: 'link: ▸plc-bsu', says: '"plc-bus"' },
  { code: 'profile-not-found', why: 'a typing error', from: 'profile: plc', to: 'profile: ▸plcs', says: '"plc"' },
  {
    code: 'protocol-differs',
    why: 'an OPC UA profile on Modbus',
    from: 'link: saw-link, root: "nsu=urn:x;s=Saw"',
    to: 'link: ▸plc-bus',
  },
  {
    code: 'device-key',
    why: 'a root on Modbus',
    from: 'link: plc-bus, unit: 1',
    to: 'link: plc-bus, unit: 1, ▸root: x',
  },
  { code: 'out-of-bounds', why: 'a unit', from: 'unit: 1', to: 'unit: ▸256', says: '0 to 255' },
  {
    code: 'device-duplicate',
    why: 'the default unit',
    from: '      saw:',
    to: '      ▸copy: { profile: plc, link: plc-bus }\n      saw:',
  },
  { code: 'alias-unknown', why: 'state', from: 'state: plc', to: 'state: ▸plx', says: '"plc"' },
  { code: 'alias-unknown', why: 'interlock', from: 'interlock: { device: plc', to: 'interlock: { device: ▸pcl-1' },
  {
    code: 'state-missing',
    why: 'no state rule',
    in: 'plc',
    from: 'state: { kind: map, signal: state, states: { 0: NotExecuting, 1: Executing } }\n',
    to: '',
  },
  // A state rule of the machine's own.
  {
    code: 'alias-unknown',
    why: 'of the signal of a state rule',
    ...ownState('{ kind: threshold, signal: ▸saww.power, above: 20, below: 10, on: Executing, off: NotExecuting }'),
    says: '"saw"',
  },
  {
    code: 'signal-unknown',
    why: 'of a state rule in the site file',
    ...ownState('{ kind: threshold, signal: ▸saw.powr, above: 20, below: 10, on: Executing, off: NotExecuting }'),
    says: 'did you mean "saw.power"?',
  },
  {
    code: 'signal-type',
    why: 'a threshold on a lamp',
    ...ownState('{ kind: threshold, signal: ▸saw.hot, above: 20, below: 10, on: Executing, off: NotExecuting }'),
    says: 'a number',
  },
  {
    code: 'signal-type',
    why: 'a number as a lamp',
    ...ownState('{ kind: priority, rules: [{ when: ▸plc.parts, state: Executing }], else: NotExecuting }'),
    says: 'bool',
  },
  {
    code: 'threshold-order',
    why: 'in the site file',
    ...ownState('{ kind: threshold, signal: saw.power, above: 20, below: ▸20, on: Executing, off: NotExecuting }'),
  },
  {
    code: 'bad-format',
    why: 'a signal of no device',
    ...ownState('{ kind: map, signal: ▸state, states: { 0: NotExecuting } }'),
    says: 'energy.power',
  },
  { code: 'not-one-of', why: 'a kind of state rule', ...ownState('{ kind: ▸treshold }'), says: '"threshold"' },
  { code: 'wrong-type', why: 'neither a device nor a rule', ...ownState('▸[plc]'), says: 'not text' },
  {
    code: 'interlock-missing',
    why: 'no interlock in the profile',
    from: 'interlock: { device: plc',
    to: 'interlock: { device: ▸saw',
  },
  {
    code: 'interlock-duplicate',
    why: 'two profiles, one block',
    from: '\nbounds:',
    to: secondMachine,
    files: { 'profiles/plc2.yaml': plcProfile.replace('profile: plc', 'profile: plc2') },
  },
  {
    code: 'interlock-stall',
    why: 'the block in two requests',
    from: 'timeoutMs: 1000',
    to: 'maxRegisters: 17',
    says: '18',
  },
  {
    code: 'lease-too-short',
    why: 'three heartbeats and the timeout',
    from: 'lease: 5s',
    to: 'lease: ▸3999ms',
    says: '4000ms',
  },
  {
    code: 'lease-too-short',
    why: 'another unit of the bus may be silent',
    from: 'lease: 5s, heartbeat: 1s, confirm: 8s }\n    endOfBooking: { warn: 10m, grace: 15m, policy: finish-cycle }',
    to: 'lease: ▸4999ms }\n  meter-1: { name: { en: M }, owner: o, devices: { a: { profile: plc, link: plc-bus, unit: 2 } }, state: a }',
    says: '5000ms',
  },
  {
    code: 'confirm-too-short',
    why: '6 s and the timeout',
    from: 'confirm: 8s',
    to: 'confirm: ▸6999ms',
    says: '7000ms',
  },
  // Classes of interlocks.
  {
    code: 'interlock-class',
    why: 'not the one of the profile',
    from: 'class: lease, lease',
    to: 'class: ▸watchdog, lease',
    says: 'class: lease',
  },
  {
    code: 'risk-not-accepted',
    why: 'a coil, and nobody who accepts it',
    from: '    interlock: { device: plc, class: lease',
    to: '    ▸interlock: { device: plc, class: coil',
    files: { 'profiles/plc.yaml': coilProfile },
    says: 'acceptedBy',
  },
  {
    code: 'pair-coil',
    why: 'it stays on when its box is lost',
    from: `    interlock: { device: plc, class: lease, lease: 5s, heartbeat: 1s, confirm: 8s }
    endOfBooking: { warn: 10m, grace: 15m, policy: finish-cycle }
`,
    to:
      `    ▸interlock: { device: plc, class: coil, risk: { acceptedBy: W, reason: r } }
pair: { boxes: { a: "10.1.0.1:7900", b: "10.1.0.2:7900" }, key: "$` +
      `{env:HOOK}" }
`,
    files: { 'profiles/plc.yaml': coilProfile },
  },
  {
    code: 'risk-unneeded',
    why: 'a lease with an accepted risk',
    from: 'class: lease, lease',
    to: 'class: lease, ▸risk: { acceptedBy: W, reason: r }, lease',
  },
  {
    code: 'day-unknown',
    why: 'until when a risk is accepted',
    from: 'class: lease, lease',
    to: 'class: coil, risk: { acceptedBy: W, reason: r, until: ▸2026-02-29 }, lease',
    files: { 'profiles/plc.yaml': coilProfile },
  },
  {
    code: 'interlock-output',
    why: 'one bit of a register',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: holding, address: 5, type: bool, bit: ▸0'),
    files: siteOf('watchdog'),
  },
  ...[
    ['watchdog-time', 'neither read nor stated', '▸interlock:', '', 'statedTime'],
    ['watchdog-time', 'read and stated', 'interlock:', `${TIME}  ▸statedTime: 4s\n`, 'stated'],
    ['watchdog-boot', 'two of them', 'interlock:', `${TIME}  bootId: ${REGISTER}\n  ▸upTime: ${REGISTER}\n`, 'bootId'],
    ['watchdog-fed', 'by polls', 'interlock:', `${TIME}  fedBy: ▸requests\n`, 'coil'],
  ].map(
    ([code, why, key, more, says]): Row => ({
      code: code as Row['code'],
      why: why!,
      in: 'plc',
      from: `interlock:\n${leaseBlocks}`,
      to: `${key}\n  class: watchdog\n  output: { table: coil, address: 0, type: bool }\n${more}`,
      files: siteOf('watchdog'),
      says: says!,
    }),
  ),
  {
    code: 'interlock-output',
    why: 'an input',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: ▸discrete, address: 5, type: bool'),
    files: siteOf('watchdog'),
  },
  {
    code: 'interlock-output',
    why: 'two registers',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: holding, address: 5, type: ▸u32'),
    files: siteOf('watchdog'),
  },
  {
    code: 'interlock-output',
    why: 'a function that writes registers',
    in: 'plc',
    from: leaseBlocks,
    to: watchdogOf('table: coil, address: 5, type: bool, write: ▸6'),
    files: siteOf('watchdog'),
    says: '5 or 15',
  },
  {
    code: 'heartbeat-too-fast',
    why: 'closer than ticks',
    from: 'heartbeat: 1s, confirm: 8s }',
    to: 'heartbeat: ▸499ms, confirm: 8s }',
    says: '500ms',
  },
  // Whose the usage is.
  {
    code: 'shares-sum',
    why: 'a hundredth too little',
    ...shares('{ from: 2026-01-01, ▸owners: { a: 33.33, b: 66.66 } }'),
    says: '99.99',
  },
  {
    code: 'out-of-bounds',
    why: 'a share of nothing',
    ...shares('{ from: 2026-01-01, owners: { a: ▸0, b: 50 } }'),
  },
  {
    code: 'bad-format',
    why: 'a day the local way',
    ...shares('{ from: ▸1.1.2026, owners: { a: 100 } }'),
    says: '2026-01-31',
  },
  {
    code: 'shares-percent',
    why: 'three decimals',
    ...shares('{ from: 2026-01-01, owners: { a: ▸33.333, b: 66.667 } }'),
  },
  {
    code: 'shares-order',
    why: 'the same day twice',
    ...shares('{ from: 2026-01-01, owners: { a: 100 } }, { from: ▸2026-01-01, owners: { b: 100 } }'),
  },
  {
    code: 'day-unknown',
    why: 'not a leap year',
    ...shares('{ from: ▸2026-02-29, owners: { a: 100 } }'),
    says: '2026-02-29',
  },
]
