/** A verdict as elements of the page: faults first, then what the evidence says. Text only; nothing of it is markup. */
import type { AcceptanceFacts, Facts, SessionFacts } from '../facts.ts'
import { type Times, timeElements, timeText } from '../times.ts'
import type { Fault, Note, Verdict } from '../verdict.ts'
import { faultWords, noteWords } from '../words.ts'
import { type Child, type Element, el, table } from './dom.ts'
import { type Language, type Phrase, say } from './says.ts'

/** Rows of a table at the most; a page is no spreadsheet. The verdict is over all of them. */
const MAX_ROWS = 500

const GOOD = {
  receipt: 'goodReceipt',
  bundle: 'goodBundle',
  statement: 'goodStatement',
  timeline: 'goodTimeline',
  acceptance: 'goodAcceptance',
} as const

export function show(name: string, verdict: Verdict, language: Language): Element {
  const { ok, kind, facts, faults, moreFaults, notes } = verdict
  const word = (each: Phrase) => say(language, each)
  const said = word(ok ? GOOD[kind] : 'bad')
  return el(
    'article',
    ok ? 'good' : 'bad',
    el('h2', '', `${ok ? '✓' : '✗'} ${word(ok ? 'good' : 'notGood')}`, el('span', 'file', name)),
    el('p', '', said),
    ...section(word('faults'), faults.length > 0, faultList(faults, moreFaults, language)),
    about(facts, word),
    ...(facts.accepted ?? []).flatMap((each) => section(word('acceptance'), true, acceptanceOf(each, word))),
    ...section(word('sessions'), facts.sessions.length > 0, sessionTable(facts.sessions, word, language)),
    ...section(word('meters'), facts.meters.length > 0, meterTable(facts, word)),
    ...section(word('byHand'), facts.byHand.length > 0, handTable(facts, word)),
    ...section(word('identity'), facts.identity.length > 0, identityTable(facts, word)),
    ...section(word('notes'), notes.length > 0, noteList(notes, language)),
  )
}

type Say = (word: Phrase) => string

function section(title: string, wanted: boolean, content: Element): Element[] {
  return wanted ? [el('h3', '', title), content] : []
}

function faultList(faults: readonly Fault[], more: number, language: Language): Element {
  const items = faults.map(({ code, detail, seq }) =>
    el('li', '', `${place(seq, language)}${faultWords[code][language]}${inBrackets(detail)}`, el('code', '', code)),
  )
  return el('ul', '', ...items, ...(more > 0 ? [el('li', '', `${say(language, 'more')}: ${more}`)] : []))
}

function noteList(notes: readonly Note[], language: Language): Element {
  const items = notes.map(({ code, detail, seq, count }) => {
    const often = count === 1 ? '' : ` × ${count}`
    return el(
      'li',
      '',
      `${place(seq, language)}${noteWords[code][language]}${inBrackets(detail)}${often}`,
      el('code', '', code),
    )
  })
  return el('ul', '', ...items)
}

const place = (seq: number | undefined, language: Language) =>
  seq === undefined ? '' : `${say(language, 'entry')} ${seq}: `
const inBrackets = (detail: string | undefined) => (detail === undefined ? '' : ` (${detail})`)

function about(facts: Facts, word: Say): Element {
  const newest = facts.checkpoints.at(-1)
  const rows: [string, string][] = []
  if (facts.origin !== undefined) rows.push([word('log'), facts.origin])
  rows.push([word('entries'), String(facts.entries)])
  if (facts.firstAt !== undefined) rows.push([`${word('from')}, ${word('to')}`, `${facts.firstAt} – ${facts.lastAt}`])
  if (newest !== undefined) {
    rows.push([word('checkpoints'), `${word('size')} ${newest.size}, ${word('root')} ${newest.root}`])
    rows.push([word('signedBy'), newest.signers.join(', ')])
    for (const { name, at } of newest.witnesses) rows.push([word('witness'), `${name}, ${at}`])
  }
  return el('dl', '', ...rows.flatMap(([term, text]) => [el('dt', '', term), el('dd', '', text)]))
}

function sessionTable(sessions: readonly SessionFacts[], word: Say, language: Language): Element {
  const heads = ['session', 'machine', 'from', 'to', 'meter', 'begin', 'end', 'used', 'elsewhere'] as const
  const rows = sessions
    .slice(0, MAX_ROWS)
    .flatMap((each) =>
      each.use.map(({ meter, unit, begin, end, quantity, overrun, elsewhere }, index): Child[] => [
        index === 0 ? sessionName(each, word) : '',
        index === 0 ? each.machine : '',
        index === 0 ? timeOf(each.startedAt, language) : '',
        index === 0 ? timeOf(each.endedAt, language, each.stoppedReason) : '',
        meter,
        `${begin} ${unit}`,
        `${end} ${unit}`,
        el(
          'span',
          '',
          el('b', '', `${quantity} ${unit}`),
          ...(overrun === undefined ? [] : [el('em', '', `${overrun} ${unit} ${word('overrun')}`)]),
        ),
        elsewhere === '0' ? '' : `${elsewhere} ${unit}`,
      ]),
    )
  return withRest(table(heads.map(word), rows), sessions.length, word)
}

/** An instant as it was signed, and below it as a clock shows it where the page is read. */
function timeOf(instant: string | null, language: Language, why?: string): Child {
  const date = new Date(instant ?? '')
  const words = why === undefined ? '' : ` (${why})`
  if (Number.isNaN(date.getTime())) return `${instant ?? '?'}${words}`
  const here = date.toLocaleString(language === 'zh' ? 'zh-Hans' : 'en-GB', { timeZoneName: 'short' })
  return el('span', '', `${instant}${words}`, el('em', '', here))
}

function sessionName({ session, booking, tenant, simulated, marks, shares, clocks }: SessionFacts, word: Say): Element {
  const owners = shares.map(({ owner, percent }) => `${owner} ${percent} %`).join(', ')
  return el(
    'span',
    '',
    session,
    el('em', '', `${word('booking')} ${booking}, ${word('tenant')} ${tenant}`),
    ...(simulated ? [el('em', '', word('simulated'))] : []),
    ...marks.map((mark) => el('em', '', word(mark))),
    ...(clocks === undefined ? [] : [el('em', '', clockText(clocks, word))]),
    ...(shares.length > 1 ? [el('em', '', `${word('shares')}: ${owners}`)] : []),
  )
}

function clockText(clocks: Times, word: Say): string {
  return (Object.keys(timeElements) as (keyof Times)[])
    .map((key) => `${word(key)} ${timeText(clocks[key])} (${timeElements[key]})`)
    .join(', ')
}

function meterTable({ meters }: Facts, word: Say): Element {
  const heads = [
    'meter',
    'total',
    'inSessions',
    'notInSessions',
    'corrected',
    'epoch',
    'counter',
    'counted',
    'booked',
  ] as const
  const rows = meters
    .slice(0, MAX_ROWS)
    .flatMap(({ meter, unit, units, sessions, elsewhere, corrected, epochs }) =>
      epochs.map((each, index): Child[] => [
        index === 0 ? meter : '',
        index === 0 ? `${units} ${unit}` : '',
        index === 0 ? el('b', '', `${sessions} ${unit}`) : '',
        index === 0 ? `${elsewhere} ${unit}` : '',
        index === 0 && corrected !== '0' ? `${corrected} ${unit}` : '',
        String(each.epoch),
        each.firstRaw === undefined
          ? ''
          : `${each.firstRaw} – ${each.lastRaw}${each.wraps === 0 ? '' : ` (+${each.wraps})`}`,
        each.counted ?? '',
        `${each.units}${each.counted === each.units ? ` ✓ ${word('holds')}` : ''}`,
      ]),
    )
  return withRest(table(heads.map(word), rows), meters.length, word)
}

function handTable({ byHand }: Facts, word: Say): Element {
  const rows = byHand
    .slice(0, MAX_ROWS)
    .map(({ seq, kind, machine, original, reason, text, units }): Child[] => [
      `${seq}${original === undefined ? '' : ` → ${original}`}`,
      kind,
      machine,
      units.map(({ meter, unit, quantity, from, to }) => `${quantity} ${unit} ${meter}: ${from} → ${to}`).join('; '),
      [reason, ...(text === undefined ? [] : [text])].join('; '),
    ])
  const heads = [word('entry'), '', word('machine'), word('units'), word('reason')]
  return withRest(table(heads, rows), byHand.length, word)
}

function acceptanceOf({ machine, accepted, label, at, by, reason, readings }: AcceptanceFacts, word: Say): Element {
  const rows = readings
    .slice(0, MAX_ROWS)
    .map(({ signal, shown, reported, agrees }): Child[] => [
      signal,
      shown,
      reported,
      word(agrees ? 'agrees' : 'differs'),
    ])
  return el(
    'div',
    '',
    el(
      'p',
      '',
      `${machine}: ${word(accepted ? 'accepted' : 'notAccepted')}; ${word('label')} ${label}; ${at}; ${by}: ${reason}`,
    ),
    table([word('signal'), word('display'), word('reading'), ''], rows),
  )
}

function identityTable({ identity }: Facts, word: Say): Element {
  const rows = identity
    .slice(-MAX_ROWS)
    .map(({ seq, at, version, configurationId }): Child[] => [
      String(seq),
      at,
      version === undefined ? `${word('configuration')} ${configurationId}` : `${word('software')} ${version}`,
    ])
  return withRest(table([word('entry'), word('from'), ''], rows), identity.length, word)
}

function withRest(content: Element, count: number, word: Say): Element {
  return count <= MAX_ROWS ? content : el('div', '', content, el('p', '', `${word('more')}: ${count - MAX_ROWS}`))
}
