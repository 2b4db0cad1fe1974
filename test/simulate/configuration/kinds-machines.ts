/** Changes of machines: which there are, what they are made of, who owns them, when they may be used. */
import { type Draft, type Edit, get, rename, reversed, set } from './draft.ts'
import { all, move, other, put, together } from './edits.ts'

const BOOTH = 'machines.booth'
const BANDER = 'machines.bander'
const SAW = 'machines.saw'
const RISK = { acceptedBy: 'Wang Li', reason: 'an old machine' }

const swap = (draft: Draft, one: string, two: string): boolean => {
  const [first, second] = [get(draft, one), get(draft, two)]
  return first !== undefined && second !== undefined && set(draft, one, second) && set(draft, two, first)
}
const copyOf = (draft: Draft, path: string) => structuredClone(get(draft, path))

export const machineKinds: Readonly<Record<string, Edit>> = {
  'a booth renamed': (draft) =>
    rename(draft, 'machines', 'booth', 'cabin') || rename(draft, 'machines', 'cabin', 'booth'),
  'a saw renamed': (draft) =>
    rename(draft, 'machines', 'saw', 'panel-saw') || rename(draft, 'machines', 'panel-saw', 'saw'),
  'the booth removed': (draft) => get(draft, BOOTH) !== undefined && set(draft, BOOTH, undefined),
  'the bander removed': (draft) => get(draft, BANDER) !== undefined && set(draft, BANDER, undefined),
  'a second saw': (draft) => {
    const saw = copyOf(draft, SAW)
    return (
      saw !== undefined &&
      set(draft, 'machines.saw-2', saw) &&
      set(draft, 'machines.saw-2.devices.saw.root', 'nsu=urn:latchkey:sim;s=Saw2') &&
      set(draft, 'machines.saw-2.devices.energy.unit', 14)
    )
  },
  'booth and saw swap their meters': (draft) => swap(draft, `${BOOTH}.devices.energy`, `${SAW}.devices.energy`),
  'a machine under the name of another': (draft) => swap(draft, BOOTH, BANDER),
  'the order of machines': put('machines', reversed),
  'the order of devices': put(`${BOOTH}.devices`, reversed),
  'an alias renamed': (draft) =>
    rename(draft, `${BOOTH}.devices`, 'energy', 'power') || rename(draft, `${BOOTH}.devices`, 'power', 'energy'),
  'the alias of the PLC renamed': (draft) =>
    rename(draft, `${BOOTH}.devices`, 'plc', 's7') &&
    set(draft, `${BOOTH}.state`, 's7') &&
    (get(draft, `${BOOTH}.interlock`) === undefined || set(draft, `${BOOTH}.interlock.device`, 's7')),
  'a device removed': (draft) => {
    const [first] = ['energy', 'power'].filter((alias) => get(draft, `${BOOTH}.devices.${alias}`) !== undefined)
    return first !== undefined && set(draft, `${BOOTH}.devices.${first}`, undefined)
  },
  'a device added': (draft) => set(draft, `${BANDER}.devices.energy`, { profile: 'sim-energy', link: 'bus', unit: 13 }),
  'a device at another unit': other(`${BOOTH}.devices.energy.unit`, 11, 21, 31),
  'a PLC at another unit': other(`${BOOTH}.devices.plc.unit`, 1, 2),
  'a device on another link': other(`${BOOTH}.devices.energy.link`, 'bus', 'plc', 'io'),
  'a PLC on another link': other(`${BOOTH}.devices.plc.link`, 'plc', 'bus'),
  'another root': other(`${SAW}.devices.saw.root`, 'nsu=urn:latchkey:sim;s=Saw', 'nsu=urn:latchkey:sim;s=Saw9'),
  'the same profile under another name': (draft) => {
    const known = draft.profiles['sim-booth']
    if (known === undefined || get(draft, `${BOOTH}.devices.plc`) === undefined) return false
    draft.profiles['sim-booth-b'] = { ...structuredClone(known), profile: 'sim-booth-b' }
    return set(draft, `${BOOTH}.devices.plc.profile`, 'sim-booth-b')
  },
  'another model of meter': (draft) => {
    draft.profiles['sim-other'] = { ...structuredClone(draft.profiles['sim-energy']!), profile: 'sim-other' }
    return set(draft, `${SAW}.devices.energy.profile`, 'sim-other')
  },
  'a coil in place of a watchdog, or back': together(
    {
      [`${BANDER}.devices.io.profile`]: 'sim-coil',
      [`${BANDER}.interlock`]: { device: 'io', class: 'coil', risk: RISK },
    },
    { [`${BANDER}.devices.io.profile`]: 'sim-bander', [`${BANDER}.interlock`]: { device: 'io', class: 'watchdog' } },
  ),
  'an output in place of a PLC': together({
    [`${BOOTH}.devices`]: { io: { profile: 'sim-bander', link: 'io', unit: 5 } },
    [`${BOOTH}.state`]: 'io',
    [`${BOOTH}.interlock`]: { device: 'io', class: 'watchdog' },
  }),
  'a PLC in place of an output': together({
    [`${BANDER}.devices`]: { plc: { profile: 'sim-booth', link: 'plc', unit: 6 } },
    [`${BANDER}.state`]: 'plc',
    [`${BANDER}.interlock`]: { device: 'plc', class: 'lease' },
  }),
  'a risk that is accepted no more': together({
    [`${BANDER}.devices.io.profile`]: 'sim-coil',
    [`${BANDER}.interlock`]: { device: 'io', class: 'coil', risk: { ...RISK, until: '2026-01-01' } },
  }),
  'the interlock of the booth, or none': together(
    { [`${BOOTH}.interlock`]: undefined },
    { [`${BOOTH}.interlock`]: { device: 'plc', class: 'lease' } },
  ),
  'the interlock of the bander removed': (draft) =>
    get(draft, `${BANDER}.interlock`) !== undefined && set(draft, `${BANDER}.interlock`, undefined),
  'a longer lease': other(`${BOOTH}.interlock.lease`, '5s', '8s', '10s'),
  'a lease of an output': other(`${BANDER}.interlock.lease`, '5s', '8s'),
  'the heartbeat': other(`${BOOTH}.interlock.heartbeat`, '1s', '500ms', '800ms'),
  'how long a read-back may take': other(`${BOOTH}.interlock.confirm`, '8s', '12s'),
  'when a drill is due again': other(`${BOOTH}.interlock.retest`, '365d', '30d'),
  'its owner': other(`${BOOTH}.owner`, 'huajian', 'mill', 'bank'),
  'its shares': other(
    `${BOOTH}.shares`,
    [{ from: '2026-01-01', owners: { huajian: 60, mill: 40 } }],
    [{ from: '2026-01-01', owners: { huajian: 33.34, mill: 33.33, bank: 33.33 } }],
    undefined,
  ),
  'its shares from a later day': (draft) => {
    const owners = { huajian: 50, bank: 50 }
    return set(draft, `${BOOTH}.shares`, [
      { from: '2026-01-01', owners: { huajian: 100 } },
      { from: '2026-03-03', owners },
    ])
  },
  'its names': other(`${BOOTH}.name`, { en: 'Booth' }, { en: 'Booth', zh: '喷漆房', 'de-CH': 'Kabine' }),
  'what it requires': other(`${BOOTH}.requires`, ['cnc'], ['cnc', 'paint'], undefined),
  'whether it lets in unmetered': other(`${BOOTH}.unmetered`, 'refuse', 'accept'),
  'its windows': other(
    `${BOOTH}.windows`,
    [{ days: ['mon', 'wed'], from: '06:00', to: '07:00' }],
    [{ days: ['sun'], from: '22:00', to: '05:00', reason: 'filters' }],
    undefined,
  ),
  'what holds offline': other(`${BOOTH}.offline`, { policy: 'none' }, { policy: 'known-only', minutes: 60 }, undefined),
  'the most of an offline session': other(
    `${BANDER}.offline`,
    { energyWh: 1000, pieces: 5 },
    { minutes: 5 },
    undefined,
  ),
  'what becomes of a cycle': other(
    `${BOOTH}.endOfBooking`,
    { policy: 'at-end' },
    { policy: 'owner-release' },
    undefined,
  ),
  'the grace and the last instant': other(
    `${BANDER}.endOfBooking`,
    { grace: '0s', last: '1m' },
    { grace: '1h', warn: '0s' },
    undefined,
  ),
  'the clean-down': other(`${BOOTH}.afterUse`, { cleanDown: '10m' }, { cleanDown: '0s' }, undefined),
  'the inspection': other(`${BANDER}.afterUse`, { inspection: 'required' }, { inspection: 'none' }, undefined),
  'a state rule of its own': other(`${BOOTH}.state`, 'plc', {
    kind: 'threshold',
    signal: 'energy.power',
    above: 300,
    below: 200,
    on: 'Executing',
    off: 'NotExecuting',
  }),
  'a state map that lacks a value': (draft) => set(draft, 'profiles.sim-saw.state.states', { 2: 'NotExecuting' }),
  'no key switch': other('profiles.sim-booth.mode', undefined),
  'no emergency stop': other('profiles.sim-bander.emergencyStop', undefined),
  'a link renamed': all(
    (draft) => rename(draft, 'links', 'bus', 'meter-bus'),
    (draft) => set(draft, `${SAW}.devices.energy.link`, 'meter-bus'),
    (draft) => set(draft, `${BOOTH}.devices.energy.link`, 'meter-bus'),
  ),
  'a link moved under another name': (draft) =>
    move(draft, 'links.plc', 'links.s7') && set(draft, `${BOOTH}.devices.plc.link`, 's7'),
}
