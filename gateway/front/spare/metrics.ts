/** Metrics of a box that stands by, in the text form of Prometheus. Pure. Read next: answer.ts. */
import type { StandBy } from '../../core/pair/stand-by.ts'
import type { Box } from './box.ts'

type Row = {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
  value(standBy: StandBy): number | undefined
}

/** `latchkey_ready` is none of them: who stands by is not ready, and nobody has to do anything about it. */
const spareMetrics: readonly Row[] = [
  {
    name: 'latchkey_pair_active',
    help: '1 when this box is the gateway, 0 when it stands by.',
    labels: ['site', 'box'],
    value: () => 0,
  },
  {
    name: 'latchkey_pair_could_take_over',
    help: 'Of a box that stands by: 1 when it could take over now.',
    labels: [],
    value: ({ why }) => (why === undefined ? 1 : 0),
  },
  {
    name: 'latchkey_pair_term',
    help: 'How often a box of the pair has begun.',
    labels: [],
    value: ({ term }) => term,
  },
  {
    name: 'latchkey_pair_heard_age_seconds',
    help: 'Since the other box was heard.',
    labels: [],
    value: ({ heardAgoMs }) => (heardAgoMs === undefined ? undefined : heardAgoMs / 1000),
  },
  {
    name: 'latchkey_pair_behind_changes',
    help: 'Changes of the ledger that the spare lacks.',
    labels: [],
    value: ({ behind }) => behind,
  },
]

export function metricsOf({ site, version }: Box, standBy: StandBy): string {
  const info = `# HELP latchkey_info The software.\n# TYPE latchkey_info gauge\nlatchkey_info{site="${site}",version="${version}"} 1\n`
  const labels = (names: readonly string[]) => (names.length === 0 ? '' : `{site="${site}",box="${standBy.box}"}`)
  return spareMetrics.reduce((text, { name, help, labels: names, value }) => {
    const now = value(standBy)
    const line = now === undefined ? '' : `${name}${labels(names)} ${now}\n`
    return `${text}# HELP ${name} ${help}\n# TYPE ${name} gauge\n${line}`
  }, info)
}
