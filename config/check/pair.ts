/**
 * What no schema can say about a pair: that there are two boxes, that their key is long enough, and that both can be at
 * a machine. Read next: gateway/decisions/031-a-pair.md.
 */
import type { ConfigDocument } from '../document/document.ts'
import { linksOf, type SiteDraft } from '../document/draft.ts'

const LEAST_KEY = 32

export function checkPair(document: ConfigDocument, draft: SiteDraft): void {
  const { pair } = draft
  if (pair === undefined) return
  const boxes = Object.values(pair.boxes ?? {})
  if (pair.boxes !== undefined && (boxes.length !== 2 || new Set(boxes).size !== 2))
    document.fault(['pair', 'boxes'], 'pair-boxes', 'a pair is two boxes at two addresses', 'name both')
  for (const name of Object.keys(pair.api ?? {}))
    if (pair.boxes !== undefined && !Object.hasOwn(pair.boxes, name))
      document.fault(
        ['pair', 'api', name],
        'pair-boxes',
        'there is no such box',
        'name a box as pair.boxes does',
        'key',
      )
  if (pair.key !== undefined && !pair.key.startsWith('$') && pair.key.length < LEAST_KEY)
    document.fault(
      ['pair', 'key'],
      'pair-key',
      `the key has ${pair.key.length} characters, and could be guessed`,
      `make one of at least ${LEAST_KEY}: openssl rand -hex 32`,
    )
  checkMachines(document, draft)
}

function checkMachines(document: ConfigDocument, draft: SiteDraft): void {
  const links = linksOf(draft)
  let judges = 0
  for (const [id, machine] of Object.entries(draft.machines ?? {})) {
    const path = ['machines', id, 'interlock']
    const kind = machine?.interlock?.class
    const device = machine?.devices?.[machine.interlock?.device ?? '']
    if (kind === 'lease') judges += 1
    if (kind === 'coil')
      document.fault(
        path,
        'pair-coil',
        'a coil stays on when its box is lost, and the other box cannot know whose it is',
        'use a lease or an I/O module with a watchdog for a machine of a pair',
        'key',
      )
    else if (kind !== undefined && links[device?.link ?? '']?.transport === 'rtu')
      document.fault(
        path,
        'pair-serial',
        'two boxes cannot be on one serial line',
        'use a gateway with Ethernet',
        'key',
      )
  }
  if (judges === 0)
    document.note(
      ['pair'],
      'pair-no-judge',
      'no machine has a lease, so that no PLC can say which box works: the spare never takes over by itself',
      'give a machine a lease, or hand over by stopping the gateway',
      'key',
    )
}
