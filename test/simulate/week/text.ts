/** A report as a page for people, in Markdown. Every figure in it is one of report.json. */
import { type Assumptions, type Kind, kinds, type World } from './assumptions.ts'
import type { KindFigures } from './figures.ts'
import type { Report } from './report.ts'

const NAMES: Readonly<Record<Kind, string>> = { saw: 'panel saws', bander: 'edge banders', booth: 'spray booths' }

export function reportText(report: Report, given: Assumptions): string {
  const { seed, days, worlds, fees, notBought, claims } = report
  const { shared, own } = worlds
  return `# A week of the furniture cluster

${given.firms} firms, ${days} days, seed ${seed}. The same orders twice, through the gateway's own core in virtual time: at a shared wood-preparation and spray centre, and on machines that each firm has for itself. Every figure comes from the two ledgers (\`shared/bundle.ndjson\`, \`own/bundle.ndjson\`) and the assumptions below; \`recompute.py\` computes all of them anew. It is a simulation: it shows what follows from the assumptions, not what a real cluster reaches.

## What the cluster says of itself, and what the week shows

| | without sharing | shared | lower by | said | reached | from how many firms on | rests on |
|---|---|---|---|---|---|---|---|
${rows(Object.entries(claims).map(([name, { own: alone, shared: together, lower, said, reached, fromFirms, restsOn }]) => [name, alone, together, `${lower} %`, `${said} %`, reached ? 'yes' : 'no', fromFirms ?? '', restsOn.map((each) => `\`${each}\``).join(' ')]))}

Preparation is the time at saw and edge bander for each piece that was cut. The way to the centre and back, ${given.transportMinutes} minutes an order and step, is not in it, and neither is the wait: see below.

## Machines

Not bought: ${kinds.map((kind) => `${notBought[kind]} ${NAMES[kind]}`).join(', ')}.

| | machines | uses | pieces | in use | working | most at once | min a piece | Wh a piece |
|---|---|---|---|---|---|---|---|---|
${rows(both(report, ({ machines, sessions, pieces, utilisation, working, mostAtOnce, minutesPerPiece, energyPerPieceWh }) => [machines, sessions, pieces, `${utilisation} %`, `${working} %`, mostAtOnce, minutesPerPiece, energyPerPieceWh]))}

“In use” and “working” are shares of the hours in which the machines are open. Energy is all that the meters counted, also by night.

## Waiting

From the moment a machine was asked for until it was unlocked, nights and Sundays included; at the centre half of the way there is part of it.

| | uses | mean | half wait less than | nine of ten | longest |
|---|---|---|---|---|---|
${rows(both(report, ({ waits }) => [waits.uses, ...[waits.meanMinutes, waits.medianMinutes, waits.tenthMinutes, waits.mostMinutes].map((minutes) => `${minutes} min`)]))}

At the centre ${shared.noShows} bookings were not used and ${shared.cancelled} were given up; ${shared.cutByTheEnd} of ${shared.sessions} uses were ended by the end of their time. Without sharing there were ${own.sessions} uses.

## Fees

${fees.bills} bills, net ${fees.net}, tax ${fees.tax}, total ${fees.total} ${fees.currency}; ${fees.unbilled} uses are not billed. Of a firm: least ${fees.leastOfAFirm}, in the middle ${fees.medianOfAFirm}, most ${fees.mostOfAFirm}.

| who | gets of the net, ${fees.currency} |
|---|---|
${rows(fees.split.map(({ party, amount }) => [party, amount]))}

## Assumptions

\`\`\`json
${JSON.stringify(given, undefined, 2)}
\`\`\`
`
}

function both(
  { worlds }: Report,
  cells: (figures: KindFigures) => readonly (string | number)[],
): (string | number)[][] {
  return kinds.flatMap((kind) =>
    (['own', 'shared'] satisfies World[]).map((world) => [
      `${NAMES[kind]}, ${world === 'own' ? 'each its own' : 'shared'}`,
      ...cells(worlds[world].kinds[kind]),
    ]),
  )
}

const rows = (lines: readonly (readonly (string | number)[])[]) =>
  lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
