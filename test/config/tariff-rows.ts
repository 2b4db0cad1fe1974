/** Edits of a good tariff, of a service and of a question, that break their sense. Read by faults.test.ts. */
import type { Row } from './shape-rows.ts'

const BOOTH = 'machines:\n  booth-1:\n'
/** A machine with a tariff; the mark stands where the fault is. */
const booth = (tariff: string, pin = 'spray@1') => ({
  from: BOOTH,
  to: `tariffs:\n  spray@1:\n${tariff}${BOOTH}    tariff: ${pin}\n`,
})

const HEAD = '    currency: CNY\n    approvedBy: committee\n    taxes: { service: "6", goods: "13" }\n'
const elements = (...list: readonly string[]) =>
  `    elements:\n${list.map((each) => `      - { ${each} }\n`).join('')}`
const TIME = 'id: time, of: occupied, price: "1", per: 1 min, tax: service'

const row = (code: Row['code'], why: string, tariff: string, says?: string): Row => ({
  code,
  why,
  ...booth(tariff),
  ...(says === undefined ? {} : { says }),
})

const service = (why: string, belt: string, says: string): Row => ({
  ...{ code: 'service-unclear', why, says, from: BOOTH, to: `${BOOTH}    services:\n      belt: ${belt}\n` },
})

const question = (why: string, guard: string, says: string): Row => ({
  ...{ code: 'question-unclear', why, says, from: BOOTH, to: `${BOOTH}    questions:\n      guard: ${guard}\n` },
})
const ASKED = 'when: before, text: { en: Is it good? }'

export const tariffRows: readonly Row[] = [
  service('due by nothing', '▸{ text: belt }', 'days'),
  service('without its meter', '▸{ text: belt, every: 10 pcs }', 'meter'),
  service('a typing error', '{ text: belt, meter: ▸plc.partz, every: 10 pcs }', '"plc.parts"'),
  service('pieces by energy', '{ text: belt, meter: plc.parts, every: ▸10 kWh }', 'pcs'),
  service('late by what it is not due by', '{ text: belt, days: 3, overdue: ▸{ every: 1 h } }', 'as the service'),
  service('a certificate for ever', '{ text: belt, meter: plc.parts, every: 10 pcs, certifies: ▸plc.parts }', 'days'),
  {
    ...{ code: 'bad-id', why: 'a name that every object has', from: BOOTH },
    to: `${BOOTH}    questions: { ▸constructor: { ${ASKED}, answer: yes-no } }\n`,
  },
  {
    ...{ code: 'question-unclear', why: 'texts that no entry holds', says: 'shorten', from: BOOTH },
    to: `${BOOTH}    questions: ▸{ ${Array.from({ length: 23 }, (_, index) => {
      const text = ['en', 'zh', 'de', 'fr'].map((language) => `${language}: ${'问'.repeat(200)}`)
      return `q${index}: { when: after, answer: yes-no, text: { ${text.join(', ')} } }`
    }).join(', ')} }\n`,
  },
  question('a limit of another kind', `{ ${ASKED}, answer: yes-no, max: ▸3 }`, 'remove'),
  question('nothing to choose', `{ ${ASKED}, answer: ▸choice }`, 'choices'),
  question('turned round', `{ ${ASKED}, answer: number, min: 3, max: ▸2 }`, 'exchange'),
  question(
    'no good answer',
    `{ ${ASKED}, answer: choice, choices: ▸{ a: { text: { en: A }, outside: true }, b: { text: { en: B }, outside: true } } }`,
    'outside',
  ),
  question('a refusal too late', `{ ${ASKED.replace('before', 'after')}, answer: yes-no, outside: ▸refuse }`, 'stop'),
  question('a stop by the one let in', `{ ${ASKED}, answer: yes-no, outside: ▸stop }`, 'refuse'),
  { code: 'tariff-unknown', why: 'another version', ...booth(HEAD + elements(TIME), '▸spray@2'), says: '"spray@1"' },
  row('currency-unknown', 'a typing error', HEAD.replace('CNY', '▸CNX') + elements(TIME)),
  row('day-unknown', 'in a tariff', `${HEAD}    from: ▸2026-02-30\n${elements(TIME)}`),
  row('tariff-days', 'turned round', `${HEAD}    from: 2026-02-01\n    until: ▸2026-01-31\n${elements(TIME)}`),
  row('tax-unknown', 'a typing error', HEAD + elements(TIME.replace('tax: service', 'tax: ▸servise')), '"service"'),
  row(
    'element-duplicate',
    'one name',
    HEAD + elements(TIME, 'id: ▸time, of: flat, price: "1", per: 1 use, tax: service'),
  ),
  row('element-unit', 'time by energy', HEAD + elements(TIME.replace('per: 1 min', 'per: ▸1 kWh')), 'in ms'),
  row('element-unit', 'time without a unit', HEAD + elements(`${TIME}, free: ▸"10"`)),
  row('element-never', 'booked by use', HEAD + elements(TIME.replace('of: occupied', 'of: ▸booked')), 'basis: both'),
  row('element-never', 'energy of a missed booking', HEAD + elements(`${TIME}, when: ▸no-show`), 'booked or flat'),
  row(
    'tariff-taxes',
    'a minimum over two categories',
    `${HEAD}    minimum: ▸"5"\n${elements(TIME, 'id: go, of: flat, price: "1", per: 1 use, tax: goods')}`,
  ),
  row(
    'tariff-size',
    'many classes',
    `${HEAD}    elements: ▸[${Array.from({ length: 63 }, (_, index) => {
      const classes = Array.from({ length: 16 }, (_, of) => `c${index}-${of}-${'x'.repeat(24)}`.slice(0, 32))
      return `{ ${TIME.replace('time', `t${index}`)}, above: ${index + 1} h, classes: [${classes.join(', ')}] }`
    }).join(', ')}, { ${TIME} }]\n`,
    'fewer classes',
  ),
  row(
    'tariff-changes',
    'five a day',
    `${HEAD}    elements: ▸[${['01:00-02:00', '05:00-06:00', '09:00-10:00']
      .map((hours, index) => `{ ${TIME.replace('time', `t${index}`)}, hours: "${hours}" }`)
      .join(', ')}, { ${TIME} }]\n`,
    'fewer elements',
  ),
  row('tariff-bounds', 'turned round', `${HEAD}    minimum: "5"\n    maximum: ▸"4.99"\n${elements(TIME)}`),
  row(
    'split-party',
    'owners twice',
    `${HEAD}    split: ▸{ parts: [{ party: owners, percent: "5" }], remainder: owners }\n${elements(TIME)}`,
  ),
  row(
    'split-sum',
    'more than all',
    `${HEAD}    split: ▸{ parts: [{ party: a, percent: "60" }, { party: b, percent: "40.01" }], remainder: c }\n${elements(TIME)}`,
  ),
  row('element-unreachable', 'behind one for all', HEAD + elements(TIME, TIME.replace('id: time', 'id: ▸late'))),
  row(
    'element-unreachable',
    'two that cover it',
    HEAD +
      elements(
        `${TIME}, hours: "06:00-22:00"`,
        `${TIME.replace('time', 'night')}, hours: "22:00-06:00"`,
        TIME.replace('id: time', 'id: ▸late'),
      ),
  ),
  row(
    'element-overlap',
    'night and Sunday',
    HEAD +
      elements(
        `${TIME.replace('time', 'night')}, hours: "22:00-06:00"`,
        `${TIME.replace('id: time', 'id: ▸sunday')}, days: [sun]`,
        TIME,
      ),
    'accept: [overlaps]',
  ),
  row(
    'tariff-gap',
    'no Sunday',
    HEAD + elements(`${TIME.replace('id: time', 'id: ▸time')}, days: [mon, tue, wed, thu, fri, sat]`),
    'Sunday',
  ),
  row(
    'tariff-gap',
    'one class',
    HEAD + elements(`${TIME.replace('id: time', 'id: ▸time')}, classes: [inside]`),
    'no other class',
  ),
  {
    code: 'tariff-meter',
    why: 'no energy meter',
    ...booth(HEAD + elements('id: e, of: energy, price: "1", per: 1 kWh, tax: service'), '▸spray@1'),
  },
  {
    code: 'tariff-meter',
    why: 'another unit',
    ...booth(HEAD + elements('id: e, of: plc.parts, price: "1", per: 1 kWh, tax: service'), '▸spray@1'),
    says: 'pcs',
  },
  {
    code: 'tariff-meter',
    why: 'billed twice',
    ...booth(
      HEAD +
        elements(
          'id: e, of: plc.parts, price: "1", per: 1 pcs, tax: service',
          'id: p, of: pieces, price: "1", per: 1 pcs, tax: service',
        ),
      '▸spray@1',
    ),
    says: 'again',
  },
]
