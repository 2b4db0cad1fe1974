/**
 * Mistakes in what a technician writes. Each is made in files that are right, at the mark `▸`; `check` has to name the
 * place and the cause, and what it says to do has to make the files right again. A number is that of the list that the
 * field made (people). Read next: technician.ts; hour.ts, which makes them.
 */
import { append, type Change, indented, instead, rewrite, withoutLine } from './technician.ts'

export type Written = {
  readonly mistake: string
  /** The file it is made in; the site when absent. */
  readonly in?: string
  readonly from: string
  readonly to: string
  /** The cause and what to do, in the words of `check`. */
  readonly says: RegExp
  /** Does it, at the place that is named; `said` is what `says` has caught. */
  readonly mend: (...said: string[]) => Change
}

/** The word that is proposed. */
const meant = (word: string) => instead(word)
const ownValue = '"$' + '{env:LATCHKEY_MQTT_PASSWORD}"'

const yaml: readonly Written[] = [
  {
    mistake: 'a tab as indentation',
    from: '    transport: tcp\n',
    to: '▸\ttransport: tcp\n',
    says: /a tab is used as indentation; use spaces$/,
    mend: () => indented(4),
  },
  {
    mistake: 'a line indented too far',
    from: '    transport: tcp\n',
    to: '      ▸transport: tcp\n',
    says: /indented deeper than the line above, which has a value; indent it by (\d+) spaces$/,
    mend: (spaces) => indented(Number(spaces)),
  },
  {
    mistake: 'a line indented too little',
    from: '    owner: minghe\n',
    to: '  ▸owner: minghe\n',
    says: /indented less than the lines around it; indent it by (\d+) spaces$/,
    mend: (spaces) => indented(Number(spaces)),
  },
  {
    mistake: 'no space after a colon',
    from: 'owner: minghe',
    to: '▸owner:minghe',
    says: /no key with a value; write the key, a colon, a space and the value$/,
    mend: () => rewrite(':', ': '),
  },
  {
    mistake: 'no comma between two keys',
    from: 'profile: b23, link',
    to: 'profile: ▸b23 link',
    says: /two keys stand side by side inside { }; put a comma between them$/,
    mend: () => rewrite(' ', ', '),
  },
  {
    mistake: 'a bracket that is not closed',
    from: 'link: booth-plc, unit: 1 }',
    to: 'link: booth-plc, unit: 1',
    says: /what is opened here is not closed; close it with (.)$/,
    mend: (bracket) => append(` ${bracket}`),
  },
  {
    mistake: 'a quote that is not closed',
    from: 'site: workshop',
    to: 'site: ▸"workshop',
    says: /a quote is opened here and not closed on this line; close it$/,
    mend: () => append('"'),
  },
  {
    mistake: 'a reference to the environment without quotes in { } (people 4)',
    from: `password: ${ownValue}`,
    to: `password: ▸${ownValue.slice(1, -1)}`,
    says: /without quotes inside { }; put it in quotes: "\$\{env:NAME\}"$/,
    mend: () => rewrite(ownValue.slice(1, -1), ownValue),
  },
  {
    mistake: 'a key twice',
    from: '    transport: tcp\n',
    to: '    transport: tcp\n    ▸transport: tcp\n',
    says: /this key appears twice in the same map; keep one of them$/,
    mend: () => withoutLine,
  },
]

const words: readonly Written[] = [
  {
    mistake: 'a letter swapped in a key',
    from: '    transport: tcp\n    host',
    to: '    transport: tcp\n    ▸hots',
    says: /"hots" means nothing in "links\.booth-plc"; did you mean "(.+)"\?$/,
    mend: meant,
  },
  {
    mistake: 'no owner',
    from: '    owner: minghe\n',
    to: '',
    says: /"owner" is missing in "machines\.press-1"; add it: text – Id of the owner$/,
    mend: () => append('\n    owner: minghe'),
  },
  {
    mistake: 'a profile that is not there',
    from: 'profile: b23,',
    to: 'profile: ▸b32,',
    says: /there is no profile "b32"; did you mean "(.+)"\?$/,
    mend: meant,
  },
  {
    mistake: 'a link that is not there',
    from: 'profile: press, link: press',
    to: 'profile: press, link: ▸pres',
    says: /there is no link "pres"; did you mean "(.+)"\?$/,
    mend: meant,
  },
  {
    mistake: 'a time zone with a letter wrong',
    from: 'Asia/Shanghai',
    to: '▸Asia/Shanghay',
    says: /"Asia\/Shanghay" is not a time zone; did you mean "(.+)"\?$/,
    mend: meant,
  },
  {
    mistake: 'a time zone as Windows names it',
    from: 'Asia/Shanghai',
    to: '▸China Standard Time',
    says: /is not a time zone; write an IANA name such as (\S+) or/,
    mend: (zone) => rewrite('China Standard Time', zone),
  },
  {
    mistake: 'an address that no host can have (people 11)',
    from: '    host: 127.0.0.1',
    to: '    host: ▸192.168.1.300',
    says: /"192\.168\.1\.300" is no host name and no address; write it as 10\.1\.1\.20/,
    mend: () => instead('127.0.0.1'),
  },
  {
    mistake: 'a unit above 255',
    from: 'link: meters, unit: 11',
    to: 'link: meters, unit: ▸1100',
    says: /unit is 1100; it must be 0 to 255$/,
    mend: () => instead('11'),
  },
  {
    mistake: 'a number in quotes',
    from: 'unit: 12',
    to: 'unit: ▸"12"',
    says: /unit is "12", not a whole number; write a whole number$/,
    mend: () => instead('12'),
  },
  {
    mistake: 'a duration without its unit',
    from: 'class: lease, lease: 2s',
    to: 'class: lease, lease: ▸2',
    says: /lease is 2, without a unit; write a number and ms, s, m, h or d/,
    mend: () => instead('2s'),
  },
  {
    mistake: 'a name with a capital letter',
    from: '  press-1:\n',
    to: '  ▸Press-1:\n',
    says: /"Press-1" cannot be a key in "machines"; use 1 to 32 of a–z, 0–9 and -$/,
    mend: () => instead('press-1'),
  },
  {
    mistake: 'a password in the file',
    from: `password: ${ownValue}`,
    to: 'password: ▸hunter2',
    says: /password is written in the file; put it in the environment and write password: ("\S+") with the quotes; change the secret/,
    mend: (reference) => instead(reference.replace('NAME', 'LATCHKEY_MQTT_PASSWORD')),
  },
  {
    mistake: 'a reference to the environment that is no secret',
    from: '    owner: minghe\n',
    to: '    owner: ▸"$' + '{env:OWNER}"\n',
    says: /owner cannot come from the environment; write the value itself/,
    mend: () => instead('minghe'),
  },
]

const sense: readonly Written[] = [
  {
    mistake: 'a root by its index (people 10)',
    from: 'root: "nsu=urn:latchkey:test-device;s=Press"',
    to: 'root: ▸"ns=2;s=Press"',
    says: /root is "ns=2;s=Press"; write: Node id of the device, by namespace URI: nsu=<uri>;s=<name>/,
    mend: () => instead('"nsu=urn:latchkey:test-device;s=Press"'),
  },
  {
    mistake: 'a unit on a link of OPC UA',
    from: 's=Press" }',
    to: 's=Press", ▸unit: 1 }',
    says: /"unit" means nothing to opcua; remove it; opcua uses root$/,
    mend: () => (line, at) => line.slice(0, at).replace(/, $/, '') + line.slice(at).replace('unit: 1', ''),
  },
  {
    mistake: 'a profile of another protocol',
    from: 'profile: press, link: press',
    to: 'profile: press, link: ▸meters',
    says: /the link "meters" speaks modbus, the profile "press" opcua; name a link of opcua, or a profile of modbus$/,
    mend: () => instead('press'),
  },
  {
    mistake: 'a meter that is worth a tenth (people 14)',
    in: 'profiles/b23.yaml',
    from: 'perCount: 10',
    to: 'perCount: ▸1',
    says: /a count is 0\.01 kWh by its signal, and 1 Wh by its meter; write perCount: (\d+), or correct/,
    mend: meant,
  },
  {
    mistake: 'a meter in another unit than its signal (people 16)',
    in: 'profiles/b23.yaml',
    from: 'unit: Wh, perCount',
    to: 'unit: ▸kWh, perCount',
    says: /a count is 0\.01 kWh by its signal, which is no whole number of kWh; write a smaller unit$/,
    mend: () => instead('Wh'),
  },
  {
    mistake: 'a float that counts without its steps',
    in: 'profiles/sdm630.yaml',
    from: 'signal: importEnergy, resolution: "0.01",',
    to: 'signal: ▸importEnergy,',
    says: /has type f32, which cannot count exactly; .* add resolution: the step the device counts in$/,
    mend: () => rewrite('importEnergy', 'importEnergy, resolution: "0.01"'),
  },
  {
    mistake: 'an address of the 3xxxx kind that is too large',
    in: 'profiles/sdm630.yaml',
    from: 'address: 0x0048',
    to: 'address: ▸300073',
    says: /address is 300073; it must be 0 to 65535$/,
    mend: () => instead('0x0048'),
  },
  {
    mistake: 'a byte order that does not exist',
    in: 'profiles/sdm630.yaml',
    from: 'address: 0x0048, type: f32',
    to: 'address: 0x0048, type: f32, order: ▸ABDC',
    says: /order is "ABDC"; (?:did you mean "(.+)"\?|use one of: ABCD)/,
    mend: () => instead('ABCD'),
  },
  {
    mistake: 'a profile that was copied and not renamed',
    in: 'profiles/b23.yaml',
    from: 'profile: b23',
    to: 'profile: ▸abb-b23',
    says: /the profile calls itself "abb-b23" in a file named (.+)\.yaml; make both the same$/,
    mend: meant,
  },
  {
    mistake: 'a class that the profile does not have',
    from: 'class: watchdog',
    to: 'class: ▸lease',
    says: /has an interlock of class watchdog; write class: (\w+), or use another profile$/,
    mend: meant,
  },
  {
    mistake: 'an interlock on the meter',
    from: '{ device: plc, class: lease',
    to: '{ device: ▸energy, class: lease',
    says: /the profile "b23" has no interlock; name the device that carries the lease block or the output/,
    mend: () => instead('plc'),
  },
  {
    mistake: 'a lease shorter than its heartbeats',
    from: 'class: lease, lease: 2s',
    to: 'class: lease, lease: ▸1s',
    says: /the lease is 1s, and three heartbeats and the link's timeout of 300 ms take 1800 ms; write lease: (\S+) or more/,
    mend: meant,
  },
  {
    mistake: 'a device that does not say what the machine does (people 17)',
    from: 'state: plc',
    to: 'state: ▸energy',
    says: /the profile "b23" does not say what its device does; name a device whose profile has a state rule/,
    mend: () => instead('plc'),
  },
  {
    mistake: 'a state rule over a signal that is not there (people 17)',
    from: 'signal: energy.power, above',
    to: 'signal: ▸energy.powr, above',
    says: /the profile "sdm630" has no signal "powr"; did you mean "(.+)"\?$/,
    mend: meant,
  },
  {
    mistake: 'thresholds the wrong way round (people 17)',
    from: 'above: 300, below: 200',
    to: 'above: 200, below: ▸300',
    says: /below is 300 and above is 200; make below lower/,
    mend: () => instead('150'),
  },
  {
    mistake: 'one device on two machines',
    from: 'profile: sdm630, link: meters, unit: 12',
    to: 'profile: b23, link: meters, unit: 11',
    says: /this is the same device as booth-1\/energy; correct link, unit or root of one of them$/,
    mend: () => rewrite('profile: b23, link: meters, unit: 11', 'profile: sdm630, link: meters, unit: 12'),
  },
  {
    mistake: 'an API for the whole network without a certificate',
    from: 'listen: "127.0.0.1',
    to: 'listen: ▸"0.0.0.0',
    says: /would be reachable .* without encryption|api/,
    mend: () => rewrite('0.0.0.0', '127.0.0.1'),
  },
]

export const allWritten: readonly Written[] = [...yaml, ...words, ...sense]
